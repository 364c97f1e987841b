import { cancelBytes, computeJobId, encodeHeader, headBytes, headersOfBatch, possessBytes, signJobBytes, spendBytes } from "@lamina/codec";
import { type ChainId, chainId, type Digest } from "@lamina/primitives";
import { headerFields } from "./fields.ts";
import { chain, sampleBatch, sampleJob, sampleRun, sequencer, spenders, workers } from "./samples.ts";
import { hex, seededBytes } from "./seeded.ts";
import type { Case } from "./vector.ts";

interface KeyPair {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** Every signed statement on two chains: the bytes that are signed, and a signature that holds over them. */
export function statementVectors(): Case[] {
  return [chain, chainId("other-9")].flatMap(statementsOn);
}

function statementsOn(on: ChainId): Case[] {
  const jobId = computeJobId(on, sampleJob("statement"));
  const root = seededBytes(32, "root") as Digest;
  const head = seededBytes(32, "head") as Digest;
  const log = { worker: workers[0]!.publicKey, level: 1, param: 0, incarnation: 2 };
  const account = "lamina1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnyd4jjp";
  const [header] = headersOfBatch(on, sampleBatch([[sampleRun(0, 0n, 3, "statement")]]));
  if (header === undefined) throw new Error("a batch without blocks");
  const each: [string, object, Uint8Array, KeyPair][] = [
    ["lamina/sign-job/1", { jobId: hex(jobId), settleBy: "300" }, signJobBytes(on, jobId, 300n), spenders[0]!],
    ["lamina/cancel/1", { jobId: hex(jobId), settleBy: "300" }, cancelBytes(on, jobId, 300n), spenders[0]!],
    [
      "lamina/spend/1",
      { lane: "10", term: "1", number: `${2n ** 40n}`, count: "3", root: hex(root) },
      spendBytes(on, { lane: 10n, term: 1n, number: 2n ** 40n, count: 3, root }),
      spenders[0]!,
    ],
    [
      "lamina/head/1",
      { worker: hex(log.worker), level: "1", param: "0", incarnation: "2", count: `${2n ** 64n - 1n}`, head: hex(head) },
      headBytes(on, { ...log, count: 2n ** 64n - 1n, head }),
      workers[0]!,
    ],
    [
      "lamina/possess/1",
      { role: "2", key: hex(sequencer.publicKey), account, expires: "77" },
      possessBytes(on, { role: 2, key: sequencer.publicKey, account, expires: 77n }),
      sequencer,
    ],
    ["lamina/block/1", headerFields(header.header), encodeHeader(header.header), sequencer],
  ];
  return each.map(([tag, fields, bytes, key]) => ({
    name: `${tag} on ${on}`,
    input: { tag, chainId: on, fields },
    expected: { bytes: hex(bytes), publicKey: hex(key.publicKey), signature: hex(key.sign(bytes)) },
  }));
}
