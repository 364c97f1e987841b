import { isRecord } from "../state/json-file.ts";

const CHARACTERS_MAX = 300;

/**
 * What a process that ended said of the reason, in one line for people: the newest JSON log line of level error, with the messages of the errors that
 * it carries; else the newest line that names an error; else the last line. Undefined where it said nothing.
 */
export function lastWords(lines: readonly string[]): string | undefined {
  const newestFirst = lines.toReversed();
  for (const line of newestFirst) {
    const told = errorOfLogLine(line);
    if (told !== undefined) return told.slice(0, CHARACTERS_MAX);
  }
  const named = newestFirst.find((line) => /^\s*(\w*Error|fatal|panic|FATAL)\b/.test(line));
  return (named ?? newestFirst[0])?.trim().slice(0, CHARACTERS_MAX);
}

function errorOfLogLine(line: string): string | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(fields) || fields["level"] !== "error") return undefined;
  const causes = Array.isArray(fields["error"]) ? fields["error"].filter(isRecord).map((cause) => String(cause["message"])) : [];
  return [String(fields["message"]), ...causes].join(": ");
}
