import { jsonLogger } from "../json-logger.ts";
import type { Logger } from "../logger.ts";

export interface RecordingLogger extends Logger {
  /** The lines so far, as they would be read back from the log. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Those with this message. */
  withMessage(message: string): readonly Readonly<Record<string, unknown>>[];
}

/** Keeps every line, of any level, for a test to read. */
export function recordingLogger(): RecordingLogger {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const logger = jsonLogger({ level: "debug" }, { clock: { nowMs: () => 0 }, write });
  return { ...logger, lines, withMessage: (message) => lines.filter((line) => line["message"] === message) };
}
