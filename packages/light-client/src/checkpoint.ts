import { BaseError, DIGEST_BYTES, fromHex, isHex, toHex } from "@lamina/primitives";
import { formatTimestamp, parseTimestamp, type Timestamp } from "./timestamp.ts";

/** What the reader trusts before it reads anything: one block of the chain, brought from elsewhere than the receipt (T74). */
export interface Checkpoint {
  readonly chainId: string;
  readonly height: bigint;
  /** Hash of the header at `height`, 32 bytes. */
  readonly headerHash: Uint8Array;
  /** Hash of the validator set of `height` + 1, 32 bytes. */
  readonly nextValidatorsHash: Uint8Array;
  readonly time: Timestamp;
  /** How long after `time` the checkpoint may be used: shorter than the time for which validators' stake stays locked. */
  readonly trustingPeriodSeconds: bigint;
}

/** The text is no checkpoint. */
export class CheckpointError extends BaseError<"CHECKPOINT_UNREADABLE"> {
  readonly details: { readonly expected: string; readonly found: string };
  constructor(expected: string, found: string, options?: ErrorOptions) {
    super("CHECKPOINT_UNREADABLE", `checkpoint: expected ${expected}, found ${found}`, options);
    this.details = { expected, found };
  }
}

const members = ["chainId", "headerHash", "height", "nextValidatorsHash", "time", "trustingPeriodSeconds"];
const int64Digits = /^[1-9][0-9]{0,17}$/;

/** Reads the JSON form; a member that is missing, unknown or misspelt is refused. Throws `CheckpointError`. Source: docs/spec/receipt.md, *Checkpoint*. */
export function parseCheckpoint(json: string): Checkpoint {
  const fields = parseObject(json);
  const found = Object.keys(fields).sort();
  if (found.join() !== members.join()) throw new CheckpointError(`the members ${members.join(", ")}`, found.join(", "));
  return {
    chainId: chainIdOf(fields["chainId"]),
    height: decimalOf("height", fields["height"]),
    headerHash: digestOf("headerHash", fields["headerHash"]),
    nextValidatorsHash: digestOf("nextValidatorsHash", fields["nextValidatorsHash"]),
    time: timeOf(fields["time"]),
    trustingPeriodSeconds: decimalOf("trustingPeriodSeconds", fields["trustingPeriodSeconds"]),
  };
}

/** The JSON form, as `parseCheckpoint` reads it. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  const fields = {
    chainId: checkpoint.chainId,
    height: String(checkpoint.height),
    headerHash: toHex(checkpoint.headerHash),
    nextValidatorsHash: toHex(checkpoint.nextValidatorsHash),
    time: formatTimestamp(checkpoint.time),
    trustingPeriodSeconds: String(checkpoint.trustingPeriodSeconds),
  };
  return `${JSON.stringify(fields, undefined, 2)}\n`;
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new CheckpointError("JSON", "text that does not parse", { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CheckpointError("a JSON object", JSON.stringify(value).slice(0, 40));
  return value as Record<string, unknown>;
}

function chainIdOf(value: unknown): string {
  if (typeof value !== "string" || !/^[a-zA-Z0-9._-]{1,50}$/.test(value)) throw wrong("chainId", "1 to 50 characters of a-z A-Z 0-9 - _ .", value);
  return value;
}

function decimalOf(field: string, value: unknown): bigint {
  if (typeof value !== "string" || !int64Digits.test(value)) throw wrong(field, "a positive decimal string", value);
  return BigInt(value);
}

function digestOf(field: string, value: unknown): Uint8Array {
  if (typeof value !== "string" || !isHex(value, DIGEST_BYTES)) throw wrong(field, "32 bytes of lower-case hex", value);
  return fromHex(value);
}

function timeOf(value: unknown): Timestamp {
  if (typeof value !== "string") throw wrong("time", "an RFC 3339 time in UTC", value);
  try {
    return parseTimestamp(value);
  } catch (error) {
    throw new CheckpointError("time as RFC 3339 in UTC", value, { cause: error });
  }
}

function wrong(field: string, expected: string, value: unknown): CheckpointError {
  return new CheckpointError(`${field} as ${expected}`, JSON.stringify(value) ?? "nothing");
}
