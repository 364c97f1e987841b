import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Batch,
  computeJobId,
  encodeBatch,
  encodeForcedRun,
  encodeHeader,
  encodeManifest,
  genesisParent,
  headAfterRows,
  headBytes,
  headerOfBlock,
  type PostedBlock,
  type PostedBody,
  type Row,
  rowsRoot,
  signJobBytes,
  spendBytes,
  spendRoot,
  startHead,
  sumCharges,
} from "@lamina/codec";
import type { Digest, ModelId, PublicKey, Signature } from "@lamina/primitives";
import { type NodeSigner, nodeEd25519Signer, nodeEnv } from "@lamina/primitives/node";
import { escrowTx, registry, rollupTx } from "@lamina/protocol";
import { noopLogger } from "@lamina/telemetry";
import { SeededRng } from "@lamina/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  accountAddress,
  batchGas,
  batchSize,
  type ChainConnection,
  ChainReader,
  connectChain,
  deposit,
  forceInclude,
  HeightMissingError,
  isChainCode,
  openLane,
  RollupCode,
  registerModel,
  registerOperator,
  TX_SENDER_DEFAULTS,
  TxRefusedError,
  TxSender,
  txMessage,
} from "./index.ts";
import { TestChain } from "./testing/index.ts";

const rng = new SeededRng(5);
const keys = { sequencer: rng.bytes(32), worker: rng.bytes(32), payer: rng.bytes(32), shared: rng.bytes(32) };
const signers = { sequencer: nodeEd25519Signer(rng.bytes(32)), worker: nodeEd25519Signer(rng.bytes(32)), spender: nodeEd25519Signer(rng.bytes(32)) };
const natsKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
const description = { natsKey, region: "eu", capabilities: ["cpu"], offers: [] };

const manifest = encodeManifest({
  name: "digits",
  task: "classification",
  licence: "Apache-2.0",
  source: "test",
  files: [{ path: "model.onnx", size: 10n, sha256: rng.bytes(32) as Digest }],
  graph: "model.onnx",
  inputs: [{ name: "image", type: 1 }],
  outputs: [{ name: "scores", type: 1 }],
  profiles: [{ id: 1, unitsPerItem: 2n, inputs: [[1, 64]], outputs: [[1, 10]] }],
  labels: [],
  levels: [1],
});

const directory = mkdtempSync(join(tmpdir(), "lamina-chain-client-"));
let chain: TestChain;
let connection: ChainConnection;
let reader: ChainReader;
let model: ModelId;
let lane: bigint;

async function senderOf(name: keyof typeof keys): Promise<TxSender> {
  const account = await connection.account(keys[name]);
  return new TxSender(TX_SENDER_DEFAULTS, { env: nodeEnv(), comet: connection.comet, account, logger: noopLogger });
}

async function context() {
  return { chainId: chain.chainId, height: await reader.height() };
}

beforeAll(async () => {
  const accounts = await Promise.all(Object.values(keys).map(async (key) => ({ address: await accountAddress(key), ulam: 10_000_000_000n })));
  chain = await TestChain.start({ directory, accounts });
  connection = await chain.connect();
  reader = new ChainReader(connection.comet);
});

afterAll(async () => {
  await chain?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe("against a real chain", () => {
  test("another chain's id is refused (I34)", async () => {
    const options = { url: chain.rpcUrl(), chainId: "lamina-dev-other" as typeof chain.chainId, timeoutMs: 5_000 };
    await expect(connectChain(options)).rejects.toThrow("expected the chain lamina-dev-other");
  });

  test("what is not there is undefined, not an error", async () => {
    expect(await reader.term()).toBeUndefined();
    expect(await reader.lane(77n)).toBeUndefined();
    expect(await reader.model(new Uint8Array(32))).toBeUndefined();
    expect(await reader.signingKey(signers.worker.publicKey)).toBeUndefined();
    expect(await reader.operatorByAccount((await senderOf("worker")).address, registry.OperatorRole.WORKER)).toBeUndefined();
    expect((await reader.finalLog()).size).toBe(0n);
  });

  test("operators, a model and a lane are registered, and a key without possession is not", async () => {
    const [sequencer, worker, payer] = [await senderOf("sequencer"), await senderOf("worker"), await senderOf("payer")];
    const bonded = { ...description, bondUlam: 5_000_000_000n };
    await registerOperator(sequencer, await context(), { ...bonded, kind: "sequencer", signer: signers.sequencer });
    await registerOperator(worker, await context(), { ...bonded, kind: "worker", signer: signers.worker });
    const stolen: NodeSigner = { ...signers.spender, sign: () => new Uint8Array(64) };
    const theft = registerOperator(payer, await context(), { ...bonded, kind: "worker", signer: stolen });
    await expect(theft).rejects.toThrow("possession");
    model = await registerModel(sequencer, manifest, "1");
    await deposit(payer, 1_000_000_000n);
    const terms = { spender: signers.spender, limitUlam: 500_000_000n, endHeight: 100_000n, models: [], levels: [1] };
    lane = await openLane(payer, await context(), terms);
    expect(await reader.term()).toMatchObject({ term: 1n, operator: sequencer.address, acceptedNumber: 0n });
    expect((await reader.lane(lane))?.balance).toBe("500000000");
    expect((await reader.modelByName("digits"))?.modelId).toEqual(model);
    expect(await reader.operators(registry.OperatorRole.WORKER)).toHaveLength(1);
    expect(await reader.depositUlam(payer.address)).toBe(500_000_000n);
  });

  test("two writers of one account find their way past each other's sequence (T34)", async () => {
    const [one, two] = [await senderOf("shared"), await senderOf("shared")];
    await Promise.all([deposit(one, 10n), deposit(two, 20n), deposit(one, 30n), deposit(two, 40n)]);
    expect(await reader.depositUlam(one.address)).toBe(100n);
  });

  test("a transaction is found in its block as in the node's index, a failed one too", async () => {
    const payer = await senderOf("shared");
    const message = (amount: string) => txMessage(escrowTx.MsgDepositSchema, { payer: payer.address, amount });
    const sent = await payer.send([message("5")]);
    const hash = Buffer.from(sent.hash, "hex");
    expect(await connection.comet.findTxAt(hash, sent.height)).toEqual(sent);
    expect(await connection.comet.findTxAt(hash, sent.height - 1n)).toBeUndefined();
    await expect(connection.comet.findTxAt(hash, sent.height + 1_000n)).rejects.toThrow(HeightMissingError);
    const poor: unknown = await payer.send([message(`${1n << 60n}`)], { gas: { kind: "limit", gas: 100_000n } }).catch((error: unknown) => error);
    expect(poor).toBeInstanceOf(TxRefusedError);
    const { stage, hash: poorHash, code } = (poor as TxRefusedError).details;
    expect(stage).toBe("included");
    const known = await connection.comet.findTx(Buffer.from(poorHash, "hex"));
    expect(known).toMatchObject({ code });
    expect(await connection.comet.findTxAt(Buffer.from(poorHash, "hex"), known?.height ?? 0n)).toEqual(known);
  });

  test("too little gas is doubled until it does", async () => {
    const payer = await senderOf("payer");
    const before = await reader.depositUlam(payer.address);

    const sent = await payer.send([txMessage(escrowTx.MsgDepositSchema, { payer: payer.address, amount: "1" })], {
      gas: { kind: "limit", gas: 60_000n },
    });
    expect(sent.gasWanted).toBeGreaterThan(60_000n);
    expect(await reader.depositUlam(payer.address)).toBe(before + 1n);
  });

  test("a batch is accepted, again without effect, and becomes final; a forced run too", async () => {
    const sequencer = await senderOf("sequencer");
    const rows = [rowOf(0), rowOf(1)];
    const batch = batchOf(rows, await reader.height());
    const message = txMessage(rollupTx.MsgSubmitBatchSchema, { submitter: sequencer.address, batch: encodeBatch(batch) });
    await sequencer.send([message], { gas: { kind: "limit", gas: 3_000_000n } });
    await sequencer.send([message], { gas: { kind: "limit", gas: 3_000_000n } });
    expect(await reader.term()).toMatchObject({ acceptedNumber: 1n });
    const pending = await reader.pendingBlock(1n, 1n);
    expect(pending).toMatchObject({ rows: 2, debited: rows.reduce((sum, row) => sum + row.charge + 2n, 0n) });
    expect((await reader.log(logOf())).count).toBe(2n);
    const payer = await senderOf("payer");
    await forceInclude(payer, forcedOf([...rows, rowOf(2)], 2, await reader.height()));
    expect((await reader.log(logOf())).count).toBe(3n);
    await chain.awaitHeight((await reader.height()) + 14n);
    expect((await reader.finalLog()).size).toBe(2n);
    expect(await reader.pendingBlock(1n, 1n)).toBeUndefined();
  });

  test("a batch as large as the chain takes fits a transaction, its body and its gas", async () => {
    const sequencer = await senderOf("sequencer");
    const term = await reader.term();
    const settled = await reader.log(logOf());
    const referenceHeight = await reader.height();
    const first = Number(settled.count);
    const rows = Array.from({ length: 12_000 }, (_, at) => ({ ...rowOf(first + at), settleBy: referenceHeight + 200n }));
    const place = { term: 1n, number: (term?.acceptedNumber ?? 0n) + 1n, parent: term?.acceptedHash as Digest };
    const root = { lane, term: 1n, number: place.number, count: rows.length, root: spendRoot(rows.map((row) => computeJobId(chain.chainId, row))) };
    const signature = signers.spender.sign(spendBytes(chain.chainId, root)) as Signature;
    const runs = [runAfter(settled.head, rows)];
    const block = signBlock({ level: 1, param: 0, referenceHeight, runs, rows, authorisations: [{ lane, mode: "root", signature }] }, place);
    const batch = { term: 1n, firstNumber: place.number, parent: place.parent, blocks: [block] };
    const bytes = encodeBatch(batch);
    const gas = batchGas(batchSize(batch, bytes.length, 600n), await reader.rollupParams());
    const message = txMessage(rollupTx.MsgSubmitBatchSchema, { submitter: sequencer.address, batch: bytes });
    const sent = await sequencer.send([message], { gas: { kind: "limit", gas } });
    expect((await reader.log(logOf())).count).toBe(BigInt(first + rows.length));
    expect(sent.gasUsed).toBeGreaterThan((gas * 4n) / 10n);
    expect(await reader.pendingBlock(1n, place.number)).toMatchObject({ rows: 12_000, exceptions: [], debited: 12_000n * 300n });
  });

  test("a refused batch says with which code (T33)", async () => {
    const sequencer = await senderOf("sequencer");
    const batch = { ...batchOf([rowOf(0)], await reader.height()), firstNumber: 9n };
    const message = txMessage(rollupTx.MsgSubmitBatchSchema, { submitter: sequencer.address, batch: encodeBatch(batch) });
    const error: unknown = await sequencer.send([message], { gas: { kind: "limit", gas: 3_000_000n } }).catch((thrown: unknown) => thrown);
    expect(isChainCode(error, "rollup", RollupCode.parent)).toBe(true);
  });
});

function logOf() {
  return { worker: signers.worker.publicKey, level: 1, param: 0, incarnation: 0 };
}

function rowOf(index: number): Row {
  const fixed = { level: 1, param: 0, worker: signers.worker.publicKey as PublicKey, lane, nonce: index, model, profile: 1, items: 3 };
  const priced = { unitPrice: 50n, ceiling: 1_000n, settleBy: 200n, units: 6n, charge: 300n };
  return { ...fixed, ...priced, h: rng.bytes(32) as Digest, incarnation: 0, index: BigInt(index), output: rng.bytes(32) as Digest };
}

function runOf(all: readonly Row[], start: number) {
  return runAfter(headAfterRows(startHead(chain.chainId, logOf()), all.slice(0, start)), all.slice(start));
}

function runAfter(previousHead: Digest, rows: readonly Row[]) {
  const start = rows[0]?.index ?? 0n;
  const statement = { ...logOf(), count: start + BigInt(rows.length), head: headAfterRows(previousHead, rows) };
  const signature = signers.worker.sign(headBytes(chain.chainId, statement)) as Signature;
  return { worker: signers.worker.publicKey, incarnation: 0, start, count: rows.length, previousHead, signature };
}

function jobSignatures(rows: readonly Row[]) {
  const sign = (row: Row) => signers.spender.sign(signJobBytes(chain.chainId, computeJobId(chain.chainId, row), row.settleBy)) as Signature;
  return [{ lane, mode: "each" as const, signatures: rows.map(sign) }];
}

function batchOf(rows: readonly Row[], referenceHeight: bigint): Batch {
  const place = { term: 1n, number: 1n, parent: genesisParent(chain.chainId) };
  const body = { level: 1, param: 0, referenceHeight, runs: [runOf(rows, 0)], rows, authorisations: jobSignatures(rows) };
  return { term: 1n, firstNumber: 1n, parent: place.parent, blocks: [signBlock(body, place)] };
}

function signBlock(body: PostedBody, place: { term: bigint; number: bigint; parent: Digest }): PostedBlock {
  const { rows } = body;
  const unsigned = { ...body, charges: sumCharges(rows), rowsRoot: rowsRoot(rows), signature: new Uint8Array(64) as Signature };
  const header = headerOfBlock(unsigned, { chainId: chain.chainId, ...place });
  return { ...unsigned, signature: signers.sequencer.sign(encodeHeader(header)) as Signature };
}

function forcedOf(all: readonly Row[], start: number, referenceHeight: bigint): Uint8Array {
  const rows = all.slice(start);
  return encodeForcedRun({ level: 1, param: 0, referenceHeight, run: runOf(all, start), rows, authorisations: jobSignatures(rows) });
}
