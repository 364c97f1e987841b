import type { Clock } from "@lamina/primitives";
import type { LogFields, Logger, LogLevel } from "./logger.ts";
import { printable } from "./printable.ts";

export interface JsonLoggerOptions {
  /** The least level that is written. */
  readonly level: LogLevel;
  /** On every line: at least the program's name. */
  readonly fields?: LogFields;
}

export interface JsonLoggerDependencies {
  readonly clock: Pick<Clock, "nowMs">;
  /** Takes one line, its newline included; in an app `process.stdout.write`. */
  readonly write: (line: string) => void;
}

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** One JSON object a line: `time` (ISO 8601, UTC), `level`, `message`, then the fields. */
export function jsonLogger(options: JsonLoggerOptions, dependencies: JsonLoggerDependencies): Logger {
  const least = RANK[options.level];
  const inherited = options.fields ?? {};
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => {
    if (RANK[level] < least) return;
    const time = new Date(dependencies.clock.nowMs()).toISOString();
    const shown = printable({ ...inherited, ...fields }) as Record<string, unknown>;
    const own = { time, level, message };
    // Its own fields come first, and once more after the caller's, which therefore cannot replace them.
    dependencies.write(`${JSON.stringify({ ...own, ...shown, ...own })}\n`);
  };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => jsonLogger({ ...options, fields: { ...inherited, ...fields } }, dependencies),
  };
}
