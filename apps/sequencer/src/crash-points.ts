/** Every place of the sequencer where a crash would be interesting, in the order in which a run passes them. For `LAMINA_CRASH_AT` and fault tests. */
export const CRASH_POINTS = [
  "sequencer.run-placed",
  "sequencer.block-planned",
  "sequencer.block-signed",
  "sequencer.journal-written",
  "sequencer.block-durable",
  "sequencer.block-acknowledged",
  "sequencer.batch-cut",
  "sequencer.batch-answered",
  "sequencer.journal-release",
] as const;

/** Those of a report of a worker's fault. */
export const FAULT_CRASH_POINTS = ["sequencer.fault-noted", "sequencer.fault-answered"] as const;

/** Those of taking a term. */
export const TERM_CRASH_POINTS = ["sequencer.term-noted"] as const;
