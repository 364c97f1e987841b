const STEP_MAX_FACTOR = 32;

export interface Round {
  /** 0 for the first sending. */
  readonly number: number;
  /** When the next round begins, counted from the entry's adding. */
  readonly nextAtAgeMs: number;
}

/**
 * Which sending of an entry its age calls for. Rounds begin at 0, T, 3T, 7T, ... (the step doubles up to 32 T), so a result that the chain is slow
 * to make final is sent anew ever more rarely, but for ever.
 */
export function roundOf(ageMs: number, resendAfterMs: number): Round {
  let number = 0;
  let stepMs = resendAfterMs;
  let nextAtAgeMs = stepMs;
  while (ageMs >= nextAtAgeMs) {
    number++;
    stepMs = Math.min(stepMs * 2, resendAfterMs * STEP_MAX_FACTOR);
    nextAtAgeMs += stepMs;
  }
  return { number, nextAtAgeMs };
}

/**
 * The message id of one sending. Within a round all tries share it, so a lost acknowledgement stores nothing twice. Each round has its own, since
 * the stream still remembers the old id while the message itself may be gone: acknowledged by a sequencer that then died.
 */
export function outboxMessageId(entryId: string, round: number): string {
  return round === 0 ? entryId : `${entryId}~${round}`;
}
