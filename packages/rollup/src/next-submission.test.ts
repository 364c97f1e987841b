import type { Digest, PublicKey } from "@lamina/primitives";
import { describe, expect, test } from "vitest";
import { type ChainTerm, nextPlace, nextSubmission, type SignedBlock, type SignerState } from "./next-submission.ts";

const key = new Uint8Array(32).fill(1) as PublicKey;
const hash = (number: bigint) => new Uint8Array(32).fill(Number(number)) as Digest;

function chain(acceptedNumber: bigint, change: Partial<ChainTerm> = {}): ChainTerm {
  return { term: 2n, key, operator: "us", acceptedNumber, acceptedHash: hash(acceptedNumber), ...change };
}

function signer(numbers: readonly bigint[], change: Partial<SignerState> = {}): SignerState {
  const blocks = numbers.map((number): SignedBlock => ({ term: 2n, number, hash: hash(number) }));
  const highest = new Map(numbers.length > 0 ? [[2n, numbers.at(-1) as bigint]] : []);
  return { key, operator: "us", termStarts: new Map(), blocks, highest, ...change };
}

describe("what to submit next", () => {
  test("nothing, while no term is ours", () => {
    expect(nextSubmission(chain(0n, { term: 0n }), signer([]))).toEqual({ kind: "standby", term: 0n });
    expect(nextSubmission(chain(0n, { operator: "them" }), signer([1n]))).toEqual({ kind: "standby", term: 2n });
    expect(nextSubmission(chain(0n, { key: new Uint8Array(32) as PublicKey }), signer([1n]))).toEqual({ kind: "standby", term: 2n });
  });

  test("all signed blocks above the accepted one", () => {
    expect(nextSubmission(chain(3n), signer([3n, 4n, 5n]))).toEqual({ kind: "submit", blocks: signer([4n, 5n]).blocks });
    expect(nextSubmission(chain(5n), signer([3n, 4n, 5n]))).toEqual({ kind: "idle" });
    expect(nextSubmission(chain(0n), signer([]))).toEqual({ kind: "idle" });
  });

  test("nothing at all where the chain knows more than the journal (I34)", () => {
    expect(nextSubmission(chain(6n), signer([3n, 4n, 5n]))).toEqual({ kind: "behind", signed: 5n, accepted: 6n });
    expect(nextSubmission(chain(6n), signer([]))).toEqual({ kind: "behind", signed: 0n, accepted: 6n });
  });

  test("a term that began after blocks of others is no sign of an old journal", () => {
    expect(nextSubmission(chain(6n), signer([], { termStarts: new Map([[2n, 6n]]) }))).toEqual({ kind: "idle" });
    expect(nextSubmission(chain(7n), signer([], { termStarts: new Map([[2n, 6n]]) }))).toMatchObject({ kind: "behind" });
  });

  test("a journal whose files were let go still remembers how far it had come", () => {
    expect(nextSubmission(chain(9n), signer([], { highest: new Map([[2n, 9n]]) }))).toEqual({ kind: "idle" });
  });

  test("another block under our key and number is a conflict", () => {
    expect(nextSubmission(chain(4n, { acceptedHash: hash(99n) }), signer([4n, 5n]))).toEqual({ kind: "conflict", number: 4n });
  });
});

describe("where the next block goes", () => {
  test("after the last signed one of the term, else after the accepted one", () => {
    expect(nextPlace(chain(3n), signer([4n, 5n]))).toEqual({ number: 6n, parent: hash(5n) });
    expect(nextPlace(chain(5n), signer([]))).toEqual({ number: 6n, parent: hash(5n) });
    const old = signer([4n, 5n], { blocks: [{ term: 1n, number: 8n, hash: hash(8n) }] });
    expect(nextPlace(chain(5n), old)).toEqual({ number: 6n, parent: hash(5n) });
  });
});
