import { DecodeError, EncodeError } from "@lamina/primitives";
import { flipBit, hex, seededNumber } from "./seeded.ts";

/** One shared case: see `Vector` of @lamina/testing. `error` is the kind of the TypeScript decoder's error; other readers need only refuse. */
export type Case = { name: string; input: unknown; expected: unknown } | { name: string; input: unknown; error: string };

/** A named byte string that must be refused. */
export type Spoilt = readonly [name: string, bytes: Uint8Array];

/** Runs `decode` on bytes that hold: the expectation is what it says. */
export function validCase(name: string, bytes: Uint8Array, context: object, decode: (bytes: Uint8Array) => unknown): Case {
  return { name, input: { ...context, bytes: hex(bytes) }, expected: decode(bytes) };
}

/** Runs `decode` on bytes that must not hold; throws where it takes them, since then the vector would be wrong. */
export function refusedCase([name, bytes]: Spoilt, context: object, decode: (bytes: Uint8Array) => unknown): Case {
  try {
    decode(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return { name, input: { ...context, bytes: hex(bytes) }, error: error.details.kind };
    throw error;
  }
  throw new Error(`${name}: expected a refusal`);
}

/** A value that cannot be encoded. */
export function unencodableCase(name: string, input: unknown, encode: () => unknown): Case {
  try {
    encode();
  } catch (error) {
    if (error instanceof EncodeError) return { name, input, error: "unencodable" };
    throw error;
  }
  throw new Error(`${name}: expected a refusal`);
}

/** What every strict format refuses: nothing, a cut, a byte more. */
export function cutsOf(bytes: Uint8Array): Spoilt[] {
  const cut = seededNumber(bytes.length - 1, "cut", bytes.length) + 1;
  return [
    ["no bytes", new Uint8Array()],
    ["last byte missing", bytes.subarray(0, -1)],
    [`cut after ${cut} bytes`, bytes.subarray(0, cut)],
    ["a zero byte more", Uint8Array.of(...bytes, 0)],
    ["twice over", Uint8Array.of(...bytes, ...bytes)],
  ];
}

/** One bit turned over in many places: the verdict, and what was understood, is whatever the decoder says, the same in every language. */
export function flipCases(bytes: Uint8Array, count: number, seed: string, context: object, decode: (bytes: Uint8Array) => unknown): Case[] {
  return Array.from({ length: count }, (_, at) => {
    const bit = seededNumber(bytes.length * 8, "flip", seed, at);
    const flipped = flipBit(bytes, bit);
    const name = `${seed}: bit ${bit} turned over (${at})`;
    try {
      return validCase(name, flipped, context, decode);
    } catch (error) {
      if (error instanceof DecodeError) return { name, input: { ...context, bytes: hex(flipped) }, error: error.details.kind };
      throw error;
    }
  });
}
