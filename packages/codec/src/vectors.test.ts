import { type BaseError, ByteReader, type ChainId, DecodeError, type Digest, EncodeError, fromHex, toHex } from "@lamina/primitives";
import { loadVectors, type Vector } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import {
  batchIdOf,
  chainIdBytes,
  computeJobId,
  computeModelId,
  type Direction,
  decodeBatch,
  decodeExceptions,
  decodeFinalRecord,
  decodeForcedHeader,
  decodeForcedRun,
  decodeHeader,
  decodeJob,
  decodeManifest,
  decodeParameters,
  decodeRow,
  decodeTensorsFile,
  encodeBatch,
  encodeExceptions,
  encodeFinalRecord,
  encodeForcedHeader,
  encodeForcedRun,
  encodeHeader,
  encodeJob,
  encodeManifest,
  encodeParameters,
  encodeRow,
  encodeTensorsFile,
  exceptionsDigest,
  forcedHeaderHash,
  genesisParent,
  hash,
  headAfter,
  headBytes,
  headerHash,
  headersOfBatch,
  itemCommitments,
  itemsCommitment,
  leafSalt,
  manifestFromJson,
  manifestToJson,
  privateCommitment,
  rowLeafHash,
  saltSeed,
  startHead,
  type Tensor,
  taggedHash,
  tensorCommitment,
  tensorLeafCount,
  verifySignature,
} from "./index.ts";

type Bytes = { bytes: string };
type Texts = Record<string, string>;

/** Integers as decimal strings, bytes as hex: how values stand in the vectors. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint" || typeof value === "number") return `${value}`;
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value;
}

function errorKind(error: unknown): string {
  if (error instanceof DecodeError) return error.details.kind;
  if (error instanceof EncodeError) return "unencodable";
  throw error as BaseError;
}

/** Every vector of `topic`: either `evaluate` gives what is expected, or it refuses with the kind that is named. */
function pass<Input>(topic: string, evaluate: (input: Input) => unknown): void {
  describe(topic, () => {
    test.each(loadVectors<Input>(topic))("$name", (vector: Vector<Input, unknown>) => {
      if (vector.error === undefined) return expect(evaluate(vector.input)).toEqual(vector.expected);
      let kind = "accepted";
      try {
        evaluate(vector.input);
      } catch (error) {
        kind = errorKind(error);
      }
      expect(kind).toBe(vector.error);
    });
  });
}

/** Decodes, and proves on the way that nothing else encodes to the same value. */
function strict<T>(bytes: string, decode: (bytes: Uint8Array) => T, encode: (value: T) => Uint8Array): T {
  const value = decode(fromHex(bytes));
  expect(toHex(encode(value))).toBe(bytes);
  return value;
}

function wholly(bytes: string, read: (reader: ByteReader) => bigint): string {
  const reader = new ByteReader(fromHex(bytes));
  const value = read(reader);
  reader.expectEnd();
  return `${value}`;
}

pass<Bytes>("encoding/varint", ({ bytes }) => wholly(bytes, (reader) => reader.varint()));
pass<Bytes>("encoding/zigzag", ({ bytes }) => wholly(bytes, (reader) => reader.zigzag()));
pass<Texts>("encoding/hash", ({ tag = "", bytes = "" }) => ({ tagged: toHex(taggedHash(tag, fromHex(bytes))), plain: toHex(hash(fromHex(bytes))) }));
pass<{ chainId: ChainId }>("encoding/chain-id", ({ chainId }) => toHex(chainIdBytes(chainId)));

function tensorOf(fields: { type: string; dims: string[]; data: string }): Tensor {
  return { type: Number(fields.type) as Tensor["type"], dims: fields.dims.map(Number), data: fromHex(fields.data) };
}

pass<{ type: string; dims: string[]; data: string; seed?: string; item?: string; tensor?: string }>("commitments/tensor", (input) => {
  const tensor = tensorOf(input);
  const { seed, item = "0", tensor: position = "0" } = input;
  const salt = seed === undefined ? undefined : (leaf: number) => leafSalt(fromHex(seed), Number(item), Number(position), leaf);
  const commitment = toHex(tensorCommitment(tensor, salt));
  return { leaves: `${tensorLeafCount(tensor)}`, commitment };
});

pass<{ salt: string; direction: Direction; item: string; tensor: string; leaf: string }>("commitments/salt", (input) => {
  const seed = saltSeed(fromHex(input.salt), input.direction);
  return { seed: toHex(seed), salt: toHex(leafSalt(seed, Number(input.item), Number(input.tensor), Number(input.leaf))) };
});

pass<{ direction: Direction; salt: string; items: { type: string; dims: string[]; data: string }[][] }>("commitments/items", (input) => {
  const items = input.items.map((item) => item.map(tensorOf));
  const salt = fromHex(input.salt);
  const commitment = toHex(itemsCommitment(items, input.direction, salt));
  return { tensors: plain(itemCommitments(items, input.direction, salt)), commitment };
});

pass<Bytes>("commitments/tensors-file", ({ bytes }) =>
  plain(strict(bytes, decodeTensorsFile, (items) => (items.length > 0 ? encodeTensorsFile(items) : fromHex(bytes)))),
);

pass<Bytes>("manifest/decode", ({ bytes }) => {
  const manifest = strict(bytes, decodeManifest, encodeManifest);
  const json = manifestToJson(manifest);
  expect(manifestFromJson(JSON.parse(JSON.stringify(json)))).toEqual(manifest);
  return { modelId: toHex(computeModelId(fromHex(bytes))), json };
});

pass<Bytes & { chainId: ChainId }>("job/decode", ({ bytes, chainId }) => {
  const job = strict(bytes, decodeJob, encodeJob);
  return { job: plain(job), jobId: toHex(computeJobId(chainId, job)) };
});

pass<Texts>("job/private", ({ salt = "", inputCommitment = "", parameters = "", reference = "" }) =>
  toHex(
    privateCommitment({
      salt: fromHex(salt),
      inputCommitment: fromHex(inputCommitment) as Digest,
      parameters: fromHex(parameters),
      reference: fromHex(reference),
    }),
  ),
);

pass<Bytes>("job/parameters", ({ bytes }) => plain(strict(bytes, decodeParameters, encodeParameters)));

pass<Bytes & { chainId: ChainId }>("row/decode", ({ bytes, chainId }) => {
  const row = strict(bytes, decodeRow, encodeRow);
  return { row: plain(row), leafHash: toHex(rowLeafHash(row)), jobId: toHex(computeJobId(chainId, row)) };
});

pass<{ chainId: ChainId; worker: string; rows: string[] }>("log/heads", ({ chainId, worker, rows }) => {
  const log = { worker: fromHex(worker) as never, level: 1, param: 0, incarnation: 0 };
  const start = startHead(chainId, log);
  const leaves = rows.map((row) => rowLeafHash(decodeRow(fromHex(row))));
  const heads = leaves.map((_, at) => headAfter(start, leaves.slice(0, at + 1)));
  const vector = loadVectors<{ worker: string }, { signature: string }>("log/heads").find(({ input }) => input.worker === worker);
  const signature = vector?.expected?.signature ?? "";
  const signed = headBytes(chainId, { ...log, count: BigInt(rows.length), head: heads.at(-1) as Digest });
  expect(verifySignature(log.worker, signed, fromHex(signature))).toBe(true);
  return { start: toHex(start), heads: heads.map(toHex), signature };
});

pass<Bytes>("header/decode", ({ bytes }) => {
  const header = strict(bytes, decodeHeader, encodeHeader);
  return { header: plain(header), hash: toHex(headerHash(header)) };
});

pass<{ chainId: ChainId }>("header/genesis", ({ chainId }) => toHex(genesisParent(chainId)));

pass<Bytes>("header/forced", ({ bytes }) => {
  const header = strict(bytes, decodeForcedHeader, encodeForcedHeader);
  return { header: plain(header), hash: toHex(forcedHeaderHash(header)) };
});

/** Authorisations stand in the vectors with a list of signatures in both modes. */
function withSignatureLists(body: unknown): unknown {
  return JSON.parse(JSON.stringify(plain(body)), (_, value) =>
    typeof value === "object" && value !== null && value.mode === "root" && "signature" in value
      ? { lane: value.lane, mode: value.mode, signatures: [value.signature] }
      : value,
  );
}

pass<Bytes & { chainId: ChainId }>("batch/decode", ({ bytes, chainId }) => {
  const batch = strict(bytes, decodeBatch, encodeBatch);
  const headers = headersOfBatch(chainId, batch).map((header) => ({ bytes: toHex(header.bytes), hash: toHex(header.hash) }));
  const rows = batch.blocks.map((block) => block.rows.map((row) => toHex(encodeRow(row))));
  return { batchId: toHex(batchIdOf(chainId, batch)), headers, rows, batch: withSignatureLists(batch) };
});

pass<Bytes>("forced/decode", ({ bytes }) => {
  const forced = strict(bytes, decodeForcedRun, encodeForcedRun);
  const fields = withSignatureLists(forced) as object;
  return { ...fields, rowBytes: forced.rows.map((row) => toHex(encodeRow(row))) };
});

pass<Bytes & { rows: string }>("exceptions/decode", ({ bytes, rows }) => {
  const runs = strict(bytes, (each) => decodeExceptions(each, Number(rows)), encodeExceptions);
  return { runs: plain(runs), digest: toHex(exceptionsDigest(runs)) };
});

pass<Bytes>("final-record/decode", ({ bytes }) => plain(strict(bytes, decodeFinalRecord, encodeFinalRecord)));
