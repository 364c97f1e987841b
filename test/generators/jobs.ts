import {
  computeJobId,
  decodeJob,
  decodeParameters,
  decodeRow,
  encodeJob,
  encodeParameters,
  encodeRow,
  headAfter,
  type Job,
  nextHead,
  type PrivatePart,
  privateCommitment,
  type Row,
  rowLeafHash,
  startHead,
} from "@lamina/codec";
import { ByteWriter, chainId, type Digest, encodeUtf8, U64_MAX } from "@lamina/primitives";
import { jobFields, rowFields } from "./fields.ts";
import { chain, sampleJob, sampleRow, sampleRun } from "./samples.ts";
import { hex, seededBytes } from "./seeded.ts";
import { type Case, cutsOf, flipCases, refusedCase, type Spoilt, unencodableCase, validCase } from "./vector.ts";

const other = chainId("lamina-test-2");

/** Every field at its least and its most: the layout has no freedom, and one field's change changes the id (T66). */
const jobChanges: [string, Partial<Job>][] = [
  ["as it is", {}],
  [
    "largest numbers",
    {
      level: 255,
      param: 255,
      lane: U64_MAX,
      nonce: 2 ** 32 - 1,
      profile: 2 ** 16 - 1,
      items: 2 ** 32 - 1,
      unitPrice: U64_MAX,
      ceiling: U64_MAX,
      settleBy: U64_MAX,
    },
  ],
  ["zeros", { level: 0, param: 0, lane: 0n, nonce: 0, profile: 0, items: 0, unitPrice: 0n, ceiling: 0n, settleBy: 0n }],
  ["another level", { level: 2, param: 5 }],
  ["another lane", { lane: 8n }],
  ["another nonce", { nonce: 1 }],
  ["another profile", { profile: 2 }],
  ["another price", { unitPrice: 26n }],
  ["another ceiling", { ceiling: 1001n }],
  ["another last height", { settleBy: 301n }],
  ["another h", { h: seededBytes(32, "another h") as Digest }],
];

/** Jobs and their ids, on two chains (I32). */
export function jobVectors(): Case[] {
  const decode = (on: typeof chain) => (bytes: Uint8Array) => ({ job: jobFields(decodeJob(bytes)), jobId: hex(computeJobId(on, decodeJob(bytes))) });
  const on = (name: typeof chain) => ({ chainId: name });
  const bytes = encodeJob(sampleJob("job"));
  return [
    ...jobChanges.map(([name, change]) => validCase(name, encodeJob(sampleJob("job", change)), on(chain), decode(chain))),
    validCase("on another chain", bytes, on(other), decode(other)),
    ...cutsOf(bytes).map((spoilt) => refusedCase(spoilt, on(chain), decode(chain))),
    ...flipCases(bytes, 20, "job", on(chain), decode(chain)),
  ];
}

/** `h` over the private part. */
export function privateVectors(): Case[] {
  const base: PrivatePart = {
    salt: seededBytes(32, "salt"),
    inputCommitment: seededBytes(32, "input") as Digest,
    parameters: encodeParameters([]),
    reference: new Uint8Array(),
  };
  const parts: [string, PrivatePart][] = [
    ["no parameters, no reference", base],
    ["a reference", { ...base, reference: encodeUtf8("order 17") }],
    ["the longest reference", { ...base, reference: seededBytes(256, "reference") }],
    ["parameters", { ...base, parameters: encodeParameters([{ key: "temperature", value: Uint8Array.of(1) }]) }],
    ["what was the reference now the parameters", { ...base, parameters: encodeUtf8("order 17") }],
    ["another salt", { ...base, salt: seededBytes(32, "another salt") }],
    ["another input", { ...base, inputCommitment: seededBytes(32, "another input") as Digest }],
  ];
  const describe = (part: PrivatePart) => ({
    salt: hex(part.salt),
    inputCommitment: hex(part.inputCommitment),
    parameters: hex(part.parameters),
    reference: hex(part.reference),
  });
  const long = { ...base, reference: seededBytes(257, "reference") };
  return [
    ...parts.map(([name, part]) => ({ name, input: describe(part), expected: hex(privateCommitment(part)) })),
    unencodableCase("a reference of 257 bytes", describe(long), () => privateCommitment(long)),
  ];
}

/** `parameters`. */
export function parametersVectors(): Case[] {
  const decode = (bytes: Uint8Array) => decodeParameters(bytes).map(({ key, value }) => ({ key, value: hex(value) }));
  const entry = (writer: ByteWriter, key: string) => writer.u8(key.length).fixed(encodeUtf8(key)).u16(1).u8(7);
  const of = (...keys: string[]) => keys.reduce(entry, new ByteWriter().u16(keys.length)).finish();
  const spoilt: Spoilt[] = [
    ["keys in falling order", of("b", "a")],
    ["one key twice", of("a", "a")],
    ["a longer key before its prefix", of("ab", "a")],
    ["one entry more than said", Uint8Array.of(0, 0, ...of("a").subarray(2))],
    ["one entry fewer than said", Uint8Array.of(0, 2, ...of("a").subarray(2))],
    ["a key that is not UTF-8", Uint8Array.of(0, 1, 1, 0xff, 0, 0)],
    ...cutsOf(of("a", "b")),
  ];
  return [
    validCase("none", of(), {}, decode),
    validCase("three", of("a", "ab", "b"), {}, decode),
    ...spoilt.map((each) => refusedCase(each, {}, decode)),
  ];
}

const rowChanges: [string, Partial<Row>][] = [
  ["as it is", {}],
  ["largest numbers", { ...(jobChanges[1]?.[1] ?? {}), incarnation: 2 ** 32 - 1, units: U64_MAX, charge: U64_MAX }],
  ["another output", { output: seededBytes(32, "another output") as Digest }],
  ["another charge", { charge: 1n }],
];

/** Rows: bytes to fields, leaf hash and job id. */
export function rowVectors(): Case[] {
  const decode = (bytes: Uint8Array) => {
    const row = decodeRow(bytes);
    return { row: rowFields(row), leafHash: hex(rowLeafHash(row)), jobId: hex(computeJobId(chain, row)) };
  };
  const bytes = encodeRow(sampleRow("row", 5n));
  const context = { chainId: chain };
  const spoilt: Spoilt[] = [
    ["version 0", Uint8Array.of(0, ...bytes.subarray(1))],
    ["version 2", Uint8Array.of(2, ...bytes.subarray(1))],
    ["kind 1", Uint8Array.of(1, 1, ...bytes.subarray(2))],
    ...cutsOf(bytes),
  ];
  return [
    ...rowChanges.map(([name, change], at) => validCase(name, encodeRow(sampleRow("row", BigInt(at), change)), context, decode)),
    ...spoilt.map((each) => refusedCase(each, context, decode)),
    ...flipCases(bytes, 30, "row", context, decode),
  ];
}

/** Heads of logs, row after row. */
export function logVectors(): Case[] {
  return [0, 1, 2].map((worker): Case => {
    const { rows, run } = sampleRun(worker, 0n, 1 + 3 * worker, `log ${worker}`);
    const log = { worker: run.worker, level: 1, param: 0, incarnation: 0 };
    const leaves = rows.map(rowLeafHash);
    const heads = leaves.map((_, at) => headAfter(startHead(chain, log), leaves.slice(0, at + 1)));
    const first = leaves[0];
    if (first !== undefined && hex(nextHead(startHead(chain, log), first)) !== hex(heads[0] ?? new Uint8Array())) throw new Error("heads disagree");
    return {
      name: `${rows.length} rows of worker ${worker}`,
      input: { chainId: chain, worker: hex(log.worker), level: "1", param: "0", incarnation: "0", rows: rows.map((row) => hex(encodeRow(row))) },
      expected: { start: hex(startHead(chain, log)), heads: heads.map(hex), signature: hex(run.signature) },
    };
  });
}
