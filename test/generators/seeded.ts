import { createHash } from "node:crypto";

/** Bytes that depend on the words of `seed` alone, so that a generator writes the same vectors for ever. */
export function seededBytes(length: number, ...seed: (string | number)[]): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let offset = 0, block = 0; offset < length; offset += 32, block += 1) {
    const digest = createHash("sha256")
      .update(`${seed.join("/")}#${block}`)
      .digest();
    bytes.set(digest.subarray(0, Math.min(32, length - offset)), offset);
  }
  return bytes;
}

/** A number in 0…below − 1 that depends on the words of `seed` alone. */
export function seededNumber(below: number, ...seed: (string | number)[]): number {
  return Buffer.from(seededBytes(6, ...seed)).readUIntBE(0, 6) % below;
}

/** A copy of `bytes` with one bit turned over. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  const at = Math.floor(bit / 8);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit % 8));
  return flipped;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
