/** Where a command tells its user what it does: one line each, no colours, fit for a terminal and a log. */
export interface Reporter {
  /** Progress, on standard error. */
  progress(line: string): void;
  /** The answer to the command, on standard output. */
  answer(text: string): void;
  /** Bytes of somebody else's, on standard output as they are. */
  raw(bytes: Uint8Array): void;
}
