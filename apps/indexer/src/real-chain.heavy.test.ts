import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { toBinary } from "@bufbuild/protobuf";
import {
  accountAddress,
  type ChainConnection,
  ChainReader,
  deposit,
  forceInclude,
  moduleAddress,
  openLane,
  registerModel,
  registerOperator,
  revokeLane,
  TX_SENDER_DEFAULTS,
  TxSender,
  takeTerm,
  txMessage,
} from "@lamina/chain-client";
import { TestChain } from "@lamina/chain-client/testing";
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
  headerHash,
  headerOfBlock,
  type PostedBlock,
  type Row,
  rowsRoot,
  signJobBytes,
  startHead,
  sumCharges,
} from "@lamina/codec";
import { closeSql, connectSql, type Sql } from "@lamina/db";
import { TestPostgres } from "@lamina/db/testing";
import { type Digest, type ModelId, type PublicKey, type Signature, toHex } from "@lamina/primitives";
import { nodeEd25519Signer, nodeEnv } from "@lamina/primitives/node";
import { escrowTx, registry, registryTx, rollupTx } from "@lamina/protocol";
import { noopLogger } from "@lamina/telemetry";
import { SeededRng } from "@lamina/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { IndexerProcess } from "./testing/indexer-process.ts";

const rng = new SeededRng(77);
const keys = { sequencer: rng.bytes(32), second: rng.bytes(32), worker: rng.bytes(32), payer: rng.bytes(32) };
const seeds = { sequencer: rng.bytes(32), second: rng.bytes(32), worker: rng.bytes(32), spender: rng.bytes(32) };
const signers = {
  sequencer: nodeEd25519Signer(seeds.sequencer),
  second: nodeEd25519Signer(seeds.second),
  worker: nodeEd25519Signer(seeds.worker),
  spender: nodeEd25519Signer(seeds.spender),
};
const natsKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";
const GAS = { gas: { kind: "limit", gas: 3_000_000n } } as const;
const PRICE = 50n;
/** A proposal of anybody is decided within seconds. */
const VOTES = { min_deposit: [{ denom: "ulam", amount: "1" }], voting_period: "6s", expedited_voting_period: "3s" };

const directory = mkdtempSync(join(tmpdir(), "lamina-indexer-chain-"));
let chain: TestChain;
let postgres: TestPostgres;
let indexer: IndexerProcess;
let connection: ChainConnection;
let reader: ChainReader;
let sql: Sql;
let model: ModelId;
let lane: bigint;
const rows: Row[] = [];

async function senderOf(name: keyof typeof keys): Promise<TxSender> {
  const account = await connection.account(keys[name]);
  return new TxSender(TX_SENDER_DEFAULTS, { env: nodeEnv(), comet: connection.comet, account, logger: noopLogger });
}

async function context() {
  return { chainId: chain.chainId, height: await reader.height() };
}

beforeAll(async () => {
  const accounts = await Promise.all(Object.values(keys).map(async (key) => ({ address: await accountAddress(key), ulam: 5_000_000_000_000n })));
  chain = await TestChain.start({
    directory: join(directory, "chain"),
    accounts,
    timeoutCommitMs: 200,
    overrides: { rollup: { params: { takeover_heights: "4" } }, gov: { params: VOTES } },
  });
  connection = await chain.connect();
  reader = new ChainReader(connection.comet);
  postgres = await TestPostgres.start();
  const databaseUrl = await postgres.createDatabase();
  sql = connectSql(databaseUrl, { name: "test", connectionsMax: 2 });
  const path = join(directory, "database-url");
  writeFileSync(path, databaseUrl, { mode: 0o600 });
  indexer = new IndexerProcess({ CHAIN_ID: chain.chainId, RPC_URL: chain.rpcUrl(), DATABASE_URL_FILE: path, CHAIN_POLL_MS: "50" });
});

afterAll(async () => {
  await indexer?.stop("SIGKILL");
  await chain?.stop();
  if (sql !== undefined) await closeSql(sql);
  await postgres?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("a live chain is followed: what it answers, the index shows", async () => {
  const [sequencer, second, worker, payer] = [
    await senderOf("sequencer"),
    await senderOf("second"),
    await senderOf("worker"),
    await senderOf("payer"),
  ];
  const bonded = { natsKey, region: "eu", capabilities: ["cpu"], offers: [], bondUlam: 5_000_000_000n };
  await registerOperator(sequencer, await context(), { ...bonded, kind: "sequencer", signer: signers.sequencer });
  await registerOperator(second, await context(), { ...bonded, kind: "sequencer", signer: signers.second });
  model = await registerModel(sequencer, manifestBytes(), "1");
  const offers = [{ modelId: model, unitPriceUlam: PRICE }];
  await registerOperator(worker, await context(), { ...bonded, offers, kind: "worker", signer: signers.worker });
  await deposit(payer, 1_000_000n);
  lane = await openLane(payer, await context(), { spender: signers.spender, limitUlam: 500_000n, endHeight: 100_000n, models: [], levels: [1] });

  // Three rows of which one is over its ceiling; a fourth past the sequencer; then another sequencer's term.
  const settleBy = (await reader.height()) + 250n;
  rows.push(rowOf(0, settleBy), { ...rowOf(1, settleBy), ceiling: 1n }, rowOf(2, settleBy));
  const first = batchOf(signers.sequencer, { term: 1n, number: 1n, parent: genesisParent(chain.chainId) }, 0, await reader.height());
  await sequencer.send([submit(sequencer.address, first.batch)], GAS);
  rows.push(rowOf(3, settleBy));
  await forceInclude(payer, forced(3, await reader.height()));
  await takeOver(second);
  rows.push(rowOf(4, settleBy));
  const next = batchOf(signers.second, { term: 2n, number: 2n, parent: first.hash }, 3, await reader.height());
  await second.send([submit(second.address, next.batch)], GAS);
  await payer.send([txMessage(escrowTx.MsgRequestWithdrawalSchema, { payer: payer.address, amount: "1234" })]);
  await revokeLane(payer, lane);
  await chain.awaitHeight((await reader.height()) + 26n);
  const height = await reader.height();
  await indexer.awaitHeight(Number(height));

  expect(await sql`select * from index.v1_violations`).toEqual([]);
  await compareWithChain(payer.address);
});

test("a model that governance registers is read from the chain's state: no message of its height holds it (I26, I28)", async () => {
  const payer = await senderOf("payer");
  const manifest = manifestBytes("voted");
  await pass(payer, txMessage(registryTx.MsgRegisterModelSchema, { publisher: moduleAddress("gov"), manifest, version: "7" }));
  const found = await reader.modelByName("voted", "7");
  if (found === undefined) throw new Error("expected the proposal to have registered its model, found none");
  await indexer.awaitHeight(Number(await reader.height()));
  const url = await indexer.url();
  const { items } = (await (await fetch(`${url}/index/v1/models?name=voted`)).json()) as { items: Record<string, unknown>[] };
  expect(items).toMatchObject([{ model_id: toHex(found.modelId), name: "voted", version: "7", publisher: moduleAddress("gov") }]);
  const [stored] = await sql<{ manifest: Buffer }[]>`select manifest from index.models where model_id = ${Buffer.from(found.modelId)}`;
  expect(new Uint8Array(stored?.manifest ?? [])).toEqual(manifest);
  expect(await sql`select * from index.v1_violations`).toEqual([]);
});

/** A proposal by one who stakes enough to decide alone; resolves once it was carried out. */
async function pass(sender: TxSender, { typeUrl, value }: ReturnType<typeof txMessage>): Promise<void> {
  const { value: validators } = await connection.comet.abciQuery({ path: "/cosmos.staking.v1beta1.Query/Validators", data: new Uint8Array() });
  const [validatorAddress = ""] = /laminavaloper1[0-9a-z]+/.exec(Buffer.from(validators).toString("latin1")) ?? [];
  // Three times what the one validator stakes itself.
  const stake = { delegatorAddress: sender.address, validatorAddress, amount: { denom: "ulam", amount: "3000000000000" } };
  await sender.send([{ typeUrl: "/cosmos.staking.v1beta1.MsgDelegate", value: stake }]);
  const messages = [{ typeUrl, value: toBinary(registryTx.MsgRegisterModelSchema, value as registryTx.MsgRegisterModel) }];
  const terms = { initialDeposit: [{ denom: "ulam", amount: "1" }], proposer: sender.address, metadata: "", title: "a model", summary: "a model" };
  await sender.send([{ typeUrl: "/cosmos.gov.v1.MsgSubmitProposal", value: { messages, ...terms, expedited: false } }]);
  const vote = { proposalId: 1n, voter: sender.address, option: 1, metadata: "" };
  await sender.send([{ typeUrl: "/cosmos.gov.v1.MsgVote", value: vote }]);
  for (let tries = 0; tries < 600 && (await reader.modelByName("voted", "7")) === undefined; tries++) await sleep(100);
}

function submit(submitter: string, batch: Batch) {
  return txMessage(rollupTx.MsgSubmitBatchSchema, { submitter, batch: encodeBatch(batch) });
}

async function takeOver(second: TxSender): Promise<void> {
  await chain.awaitHeight((await reader.height()) + 5n);
  const term = await reader.term();
  await takeTerm(second, 2n, term?.acceptedNumber ?? 0n, (term?.acceptedHash ?? new Uint8Array()) as Digest);
}

async function compareWithChain(payer: string): Promise<void> {
  const url = await indexer.url();
  const list = async (path: string) => ((await (await fetch(`${url}/index/v1/${path}`)).json()) as { items: Record<string, unknown>[] }).items;
  const outcomes = (await list("results?limit=10"))
    .reverse()
    .map(({ job_id: id, outcome, reason, debited_ulam: debited }) => ({ id, outcome, reason, debited }));
  const ids = rows.map((row) => toHex(computeJobId(chain.chainId, row)));
  const signed = { outcome: "paid", reason: "individually_signed", debited: "302" };
  expect(outcomes).toEqual([
    { id: ids[0], ...signed },
    { id: ids[1], outcome: "void", reason: "over_ceiling", debited: "0" },
    { id: ids[2], ...signed },
    { id: ids[3], ...signed },
    { id: ids[3], outcome: "skipped", reason: "already_settled", debited: "0" },
    { id: ids[4], ...signed },
  ]);
  const [shown] = await list(`lanes?lane=${lane}`);
  const told = await reader.lane(lane);
  expect(shown).toMatchObject({ balance_ulam: told?.balance, is_revoked: true, end_height: `${told?.endHeight}` });
  const [money] = await list(`deposits?payer=${payer}`);
  expect(money).toMatchObject({ free_ulam: `${await reader.depositUlam(payer)}`, leaving_ulam: "0" });
  const kinds = (await list("transfers?limit=100")).map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(["deposited", "worker", "sequencer", "protocol", "withdrawal_requested", "withdrawn"]));
  const operators = [...(await reader.operators(registry.OperatorRole.WORKER)), ...(await reader.operators(registry.OperatorRole.SEQUENCER))];
  expect((await list("operators")).map(({ operator_id: id, bond_ulam: bond }) => `${id} ${bond}`).sort()).toEqual(
    operators.map(({ id, bond }) => `${id} ${bond}`).sort(),
  );
  expect((await list("terms")).map(({ term, reason }) => [term, reason])).toHaveLength(2);
  const { final_log: log } = (await (await fetch(`${url}/index/v1/status`)).json()) as { final_log: { size: string } };
  expect(log.size).toBe(`${(await reader.finalLog()).size}`);
  expect(log.size).toBe("3");
  const [stored] = await sql<{ final_log_peaks: Buffer }[]>`select final_log_peaks from index.follower`;
  expect(toHex(stored?.final_log_peaks ?? new Uint8Array())).toBe((await reader.finalLog()).peaks.map((peak) => toHex(peak)).join(""));
}

function manifestBytes(name = "digits"): Uint8Array {
  return encodeManifest({
    name,
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
}

function logOf() {
  return { worker: signers.worker.publicKey, level: 1, param: 0, incarnation: 0 };
}

function rowOf(index: number, settleBy: bigint): Row {
  const job = {
    level: 1,
    param: 0,
    worker: signers.worker.publicKey as PublicKey,
    lane,
    nonce: index,
    model,
    profile: 1,
    items: 3,
    unitPrice: PRICE,
  };
  const result = { units: 6n, charge: 6n * PRICE, incarnation: 0, index: BigInt(index), output: rng.bytes(32) as Digest };
  return { ...job, ceiling: 1_000n, settleBy, h: rng.bytes(32) as Digest, ...result };
}

function runOf(start: number) {
  const previousHead = headAfterRows(startHead(chain.chainId, logOf()), rows.slice(0, start));
  const head = headAfterRows(previousHead, rows.slice(start));
  const signature = signers.worker.sign(headBytes(chain.chainId, { ...logOf(), count: BigInt(rows.length), head })) as Signature;
  return { worker: signers.worker.publicKey, incarnation: 0, start: BigInt(start), count: rows.length - start, previousHead, signature };
}

function bodyOf(start: number, referenceHeight: bigint) {
  const posted = rows.slice(start);
  const sign = (row: Row) => signers.spender.sign(signJobBytes(chain.chainId, computeJobId(chain.chainId, row), row.settleBy)) as Signature;
  return { level: 1, param: 0, referenceHeight, rows: posted, authorisations: [{ lane, mode: "each" as const, signatures: posted.map(sign) }] };
}

function forced(start: number, referenceHeight: bigint): Uint8Array {
  return encodeForcedRun({ ...bodyOf(start, referenceHeight), run: runOf(start) });
}

function batchOf(
  signer: typeof signers.sequencer,
  place: { term: bigint; number: bigint; parent: Digest },
  start: number,
  referenceHeight: bigint,
): { batch: Batch; hash: Digest } {
  const body = { ...bodyOf(start, referenceHeight), runs: [runOf(start)] };
  const unsigned: PostedBlock = {
    ...body,
    charges: sumCharges(body.rows),
    rowsRoot: rowsRoot(body.rows),
    signature: new Uint8Array(64) as Signature,
  };
  const header = headerOfBlock(unsigned, { chainId: chain.chainId, ...place });
  const signed = { ...unsigned, signature: signer.sign(encodeHeader(header)) as Signature };
  return { batch: { term: place.term, firstNumber: place.number, parent: place.parent, blocks: [signed] }, hash: headerHash(header) };
}
