export type LogLevel = "debug" | "info" | "warn" | "error";

/** What a line tells beside its message: ids, counts, an `error`. See `printable` for how values are written. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Writes structured lines. A message is fixed text, the same at each call of a place; what differs goes into fields, named as everywhere else
 * (`batchId`). An error is logged once, where it is handled, as the field `error`. Prompts, outputs and secrets are never fields (I31).
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each line. */
  child(fields: LogFields): Logger;
}

const nothing = () => undefined;

/** Says nothing. */
export const noopLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => noopLogger };
