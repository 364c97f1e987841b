import { describeError, Secret, toHex } from "@lamina/primitives";

const DEPTH_MAX = 6;
const TEXT_MAX = 8_192;
const ITEMS_MAX = 100;
const BYTES_MAX = 64;

/**
 * Turns a field's value into plain JSON: bigints as decimal text, bytes as hex (longer than 64: their length alone), errors with their causes,
 * maps and sets as objects and lists, secrets as `[redacted]` at any depth. Never throws, and bounds what it writes: a log must not fail or
 * grow with what it tells of.
 */
export function printable(value: unknown, depth = 0): unknown {
  if (value instanceof Secret) return "[redacted]";
  if (typeof value === "string") return value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}… (${value.length} characters)` : value;
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEPTH_MAX) return "[deeper]";
  if (value instanceof Error) return describeError(value).map((each) => printable(each, depth + 1));
  if (ArrayBuffer.isView(value)) return printableBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Map)
    return printableEntries(
      [...value].map(([key, each]) => [String(key), each]),
      depth,
    );
  if (Array.isArray(value) || value instanceof Set) return printableItems([...value], depth);
  return printableEntries(Object.entries(value), depth);
}

function printableBytes(bytes: Uint8Array): string {
  return bytes.length > BYTES_MAX ? `[${bytes.length} bytes]` : toHex(bytes);
}

function printableItems(items: readonly unknown[], depth: number): unknown[] {
  const shown = items.slice(0, ITEMS_MAX).map((item) => printable(item, depth + 1));
  return items.length > ITEMS_MAX ? [...shown, `… (${items.length} items)`] : shown;
}

function printableEntries(entries: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> {
  const shown = entries.slice(0, ITEMS_MAX).map(([key, each]) => [key, printable(each, depth + 1)] as const);
  // Not assigned one by one: a key such as `__proto__` must stay a key.
  return Object.fromEntries(entries.length > ITEMS_MAX ? [...shown, ["…", `${entries.length} fields`]] : shown);
}
