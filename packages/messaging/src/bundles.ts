import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { bus } from "@lamina/protocol";
import { FrameError } from "./bus-errors.ts";

/**
 * Several calls, or several answers, in one message: `CallBundle` and `AnswerBundle` of lamina/bus/v1, written and read field by field, since they
 * cross with every few jobs. Each entry keeps its own deadline, cancellation, refusal and answer: what travels together shares nothing but the way.
 */
export const BUNDLE_ENTRIES_MAX = 64;

export interface BundledCall {
  /** Last token of its reply subject. */
  readonly id: string;
  readonly timeoutMs: number;
  readonly payload: Uint8Array;
}

export interface BundledAnswer {
  readonly id: string;
  /** The answer; the text of the refusal where `error` is not empty. */
  readonly payload: Uint8Array;
  /** Reason of a refusal, empty for an answer. */
  readonly error: string;
  readonly retryable: boolean;
}

const NOTHING: Uint8Array = new Uint8Array();
const ID = /^[0-9a-z]{1,16}$/;
const calls = bus.CallBundleSchema.field.calls.number;
const call = bus.CallBundle_CallSchema.field;
const answers = bus.AnswerBundleSchema.field.answers.number;
const answer = bus.AnswerBundle_AnswerSchema.field;

export function writeCallBundle(entries: readonly BundledCall[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { id, timeoutMs, payload } of entries) {
    writer.tag(calls, WireType.LengthDelimited).fork();
    writer.tag(call.id.number, WireType.LengthDelimited).string(id);
    writer.tag(call.timeoutMs.number, WireType.Varint).uint32(timeoutMs);
    writer.tag(call.payload.number, WireType.LengthDelimited).bytes(payload).join();
  }
  return writer.finish();
}

export function writeAnswerBundle(entries: readonly BundledAnswer[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const { id, payload, error, retryable } of entries) {
    writer.tag(answers, WireType.LengthDelimited).fork();
    writer.tag(answer.id.number, WireType.LengthDelimited).string(id);
    writer.tag(answer.payload.number, WireType.LengthDelimited).bytes(payload);
    if (error !== "") writer.tag(answer.error.number, WireType.LengthDelimited).string(error);
    if (retryable) writer.tag(answer.retryable.number, WireType.Varint).bool(true);
    writer.join();
  }
  return writer.finish();
}

/** Payloads are views of `bytes`. Throws `FrameError` for what is no bundle, holds none or too many, or names one call twice. */
export function readCallBundle(bytes: Uint8Array): BundledCall[] {
  return readEntries(bytes, calls, (reader, end) => {
    const entry: { id: string; timeoutMs: number; payload: Uint8Array } = { id: "", timeoutMs: 0, payload: NOTHING };
    while (reader.pos < end) {
      const [field, type] = reader.tag();
      if (field === call.id.number) entry.id = reader.string();
      else if (field === call.timeoutMs.number) entry.timeoutMs = reader.uint32();
      else if (field === call.payload.number) entry.payload = reader.bytes();
      else reader.skip(type, field);
    }
    return entry;
  });
}

/** As `readCallBundle`, for answers. */
export function readAnswerBundle(bytes: Uint8Array): BundledAnswer[] {
  return readEntries(bytes, answers, (reader, end) => {
    const entry: { id: string; payload: Uint8Array; error: string; retryable: boolean } = { id: "", payload: NOTHING, error: "", retryable: false };
    while (reader.pos < end) {
      const [field, type] = reader.tag();
      if (field === answer.id.number) entry.id = reader.string();
      else if (field === answer.payload.number) entry.payload = reader.bytes();
      else if (field === answer.error.number) entry.error = reader.string();
      else if (field === answer.retryable.number) entry.retryable = reader.bool();
      else reader.skip(type, field);
    }
    return entry;
  });
}

function readEntries<Entry extends { readonly id: string }>(
  bytes: Uint8Array,
  field: number,
  readEntry: (reader: BinaryReader, end: number) => Entry,
): Entry[] {
  const entries: Entry[] = [];
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [found, type] = reader.tag();
      if (found !== field) reader.skip(type, found);
      else entries.push(readEntry(reader, reader.uint32() + reader.pos));
    }
  } catch (cause) {
    // The reader's own errors are plain ones.
    throw new FrameError({ expected: "a bundle", found: cause instanceof Error ? cause.message : String(cause) });
  }
  checkIds(entries);
  return entries;
}

function checkIds(entries: readonly { readonly id: string }[]): void {
  const isCountRight = entries.length > 0 && entries.length <= BUNDLE_ENTRIES_MAX;
  if (!isCountRight) throw new FrameError({ expected: `a bundle of 1..${BUNDLE_ENTRIES_MAX}`, found: `${entries.length}` });
  const wrong = entries.find(({ id }) => !ID.test(id));
  if (wrong !== undefined)
    throw new FrameError({ expected: "an id of 1-16 characters of 0-9 and a-z", found: JSON.stringify(wrong.id.slice(0, 32)) });
  if (new Set(entries.map(({ id }) => id)).size !== entries.length)
    throw new FrameError({ expected: "an id of its own for each", found: "one twice" });
}
