import { merkleRoot } from "@lamina/merkle";
import { ByteWriter, concatBytes, type Digest, EncodeError } from "@lamina/primitives";
import { hmacKey, hmacSha256, tagBytes, taggedHash } from "./hash.ts";
import { JOB_ITEMS_MAX } from "./job.ts";
import { type LeafSalt, type Tensor, tensorCommitment } from "./tensor.ts";

export type Direction = "input" | "output";

/** One run of the model: its tensors in the manifest's order. */
export type Item = readonly Tensor[];

const DIRECTION_NUMBER = { input: 1, output: 2 } as const;

/** `input_seed` or `output_seed`: 32 bytes from the client's 32-byte salt. Source: docs/spec/commitments.md. */
export function saltSeed(salt: Uint8Array, direction: Direction): Digest {
  if (salt.length !== 32) throw new EncodeError("a salt of 32 bytes", `${salt.length}`);
  return hmacSha256(salt, tagBytes("lamina/salt/1"), Uint8Array.of(DIRECTION_NUMBER[direction]));
}

/** The 16-byte salt of one leaf. Opening a leaf reveals it alone; its neighbours stay hidden (T14). */
export function leafSalt(seed: Uint8Array, item: number, tensor: number, leaf: number): Uint8Array {
  return leafSalts(seed)(item, tensor)(leaf);
}

/** `leafSalt` for many leaves: the keyed state is made once. */
function leafSalts(seed: Uint8Array): (item: number, tensor: number) => LeafSalt {
  const keyed = hmacKey(seed);
  return (item, tensor) => (leaf) => {
    const name = new ByteWriter().u32(item).u16(tensor).u64(BigInt(leaf)).finish();
    return keyed(name).subarray(0, 16);
  };
}

/** Commitments of one item's tensors, in order. */
export function itemCommitments(items: readonly Item[], direction: Direction, salt: Uint8Array): Digest[][] {
  const saltsOf = leafSalts(saltSeed(salt, direction));
  return items.map((item, at) => item.map((tensor, position) => tensorCommitment(tensor, saltsOf(at, position))));
}

/** The commitment over all items of a job, whose tensors are salted from the client's 32-byte `salt`. Throws `EncodeError`. */
export function itemsCommitment(items: readonly Item[], direction: Direction, salt: Uint8Array): Digest {
  return itemsCommitmentOf(itemCommitments(items, direction, salt), direction);
}

/** The same from the tensors' commitments. Every item has the same number of tensors, at least one; items are 1…65,535. */
export function itemsCommitmentOf(commitments: readonly (readonly Digest[])[], direction: Direction): Digest {
  const tensors = commitments[0]?.length ?? 0;
  if (commitments.length < 1 || commitments.length > JOB_ITEMS_MAX) throw new EncodeError(`1..${JOB_ITEMS_MAX} items`, `${commitments.length}`);
  const uneven = commitments.find((item) => item.length !== tensors || tensors === 0);
  if (uneven !== undefined) throw new EncodeError(`${Math.max(1, tensors)} tensors in every item`, `${uneven.length}`);
  const root = merkleRoot(commitments.map((item) => concatBytes(...item)));
  const header = new ByteWriter().u8(DIRECTION_NUMBER[direction]).u32(commitments.length).u16(tensors).fixed(root, 32);
  return taggedHash("lamina/items/1", header.finish());
}
