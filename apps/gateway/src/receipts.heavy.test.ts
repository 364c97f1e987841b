import { create, type DescMessage, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import type { TxEvent } from "@lamina/chain-client";
import {
  type BlockHeader,
  batchIdOf,
  encodeBatch,
  encodeHeader,
  exceptionsDigest,
  genesisParent,
  headerHash,
  type PostedBlock,
  type Row,
  rowLeafHash,
  rowsRoot,
  sumCharges,
} from "@lamina/codec";
import { closeSql, connectSql, type Sql } from "@lamina/db";
import { decodeReceipt, verifyReceipt } from "@lamina/light-client";
import { type Bus, preconfirmationSubject } from "@lamina/messaging";
import { type Digest, digest, type Signature } from "@lamina/primitives";
import { type NodeSigner, nodeEd25519Signer } from "@lamina/primitives/node";
import { bus, rollup, rollupTx } from "@lamina/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DIGITS, digitsRequest, type TestClient, testClient } from "./testing/http-client.ts";
import { CHAIN_ID, TestNetwork } from "./testing/test-network.ts";
import type { TestWorker } from "./testing/test-worker.ts";

let network: TestNetwork;
let worker: TestWorker;
let client: TestClient;
let sequencer: Bus;
let sql: Sql;
const signer: NodeSigner = nodeEd25519Signer(new Uint8Array(32).fill(5));

beforeAll(async () => {
  network = await TestNetwork.start();
  worker = await network.addWorker();
  network.chain.term = { term: 1n, key: signer.publicKey };
  await network.startGateway();
  const { key } = await network.addOrganisation(1n);
  client = testClient(network.url, key);
  sequencer = await network.connect({ role: "sequencer", id: "sequencer" });
  sql = connectSql(network.databaseUrl, { name: "test", connectionsMax: 1 });
});

afterAll(async () => {
  await closeSql(sql);
  await network.stop();
});

interface Made {
  readonly header: BlockHeader;
  readonly posted: PostedBlock;
  readonly rows: readonly Row[];
}

/** A block of the worker's last `count` rows, signed by the sequencer. */
function block(number: bigint, parent: Digest, count: number): Made {
  const rows = worker.rows.slice(-count);
  const header: BlockHeader = {
    chainId: CHAIN_ID,
    term: 1n,
    number,
    parent,
    level: 1,
    param: 0,
    referenceHeight: 10n,
    rows: rows.length,
    runs: 1,
    charges: sumCharges(rows),
    rowsRoot: rowsRoot(rows),
  };
  const run = {
    worker: worker.publicKey,
    incarnation: 0,
    start: rows[0]?.index ?? 0n,
    count,
    previousHead: digest(new Uint8Array(32)),
    signature: new Uint8Array(64) as Signature,
  };
  const authorisations = [{ lane: 1n, mode: "root" as const, signature: new Uint8Array(64) as Signature }];
  const { level, param, referenceHeight, charges } = header;
  const posted = {
    level,
    param,
    referenceHeight,
    charges,
    rowsRoot: header.rowsRoot,
    signature: signer.sign(encodeHeader(header)) as Signature,
    runs: [run],
    rows,
    authorisations,
  };
  return { header, posted, rows };
}

function announce({ header, posted, rows }: Made, change: Partial<bus.Preconfirmation> = {}): void {
  const said = create(bus.PreconfirmationSchema, {
    header: encodeHeader(header),
    headerHash: headerHash(header),
    sequencerKey: signer.publicKey,
    signature: posted.signature,
    leafHashes: rows.map(rowLeafHash),
    ...change,
  });
  sequencer.notify(preconfirmationSubject("sequencer"), toBinary(bus.PreconfirmationSchema, said));
}

function event<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): TxEvent {
  const fields = toJson(schema, create(schema, init), { alwaysEmitImplicit: true, useProtoFieldName: true }) as Record<string, unknown>;
  return { type: schema.typeName, attributes: Object.entries(fields).map(([key, value]) => ({ key, value: JSON.stringify(value) })) };
}

async function runJob(fill: number): Promise<string> {
  return (await client.post(DIGITS, digitsRequest(fill))).headers.get("lamina-job-id") ?? "";
}

async function receiptOf(id: string) {
  const response = await client.get(`/lamina/v1/receipts/${id}`);
  return { stage: response.headers.get("lamina-receipt-stage"), bytes: new Uint8Array(await response.arrayBuffer()) };
}

const anyCheckpoint = {
  chainId: CHAIN_ID,
  height: 1n,
  headerHash: digest(new Uint8Array(32)),
  nextValidatorsHash: digest(new Uint8Array(32)),
  time: { seconds: 1n, nanos: 0 },
  trustingPeriodSeconds: 10n ** 9n,
};

test("an announced block makes an ordered receipt; a false announcement makes none", async () => {
  const ids = [await runJob(0.1), await runJob(0.2)];
  const made = block(1n, genesisParent(CHAIN_ID), 2);
  announce(made, { signature: new Uint8Array(64).fill(1) });
  announce(made, { leafHashes: made.rows.map(rowLeafHash).reverse() });
  await expect.poll(() => network.logger.withMessage("an announced block was not believed").length, { timeout: 60_000 }).toBe(2);
  expect((await receiptOf(ids[0] ?? "")).stage).toBe("signed");
  announce(made);
  await expect.poll(async () => (await receiptOf(ids[1] ?? "")).stage, { timeout: 60_000 }).toBe("ordered");
  for (const id of ids) {
    const { bytes } = await receiptOf(id);
    expect(verifyReceipt(bytes, { checkpoint: anyCheckpoint, now: { seconds: 10n, nanos: 0 } })).toMatchObject({ kind: "valid", outcome: "ordered" });
  }
});

test("the chain's own block is read where no announcement came, once, and its end as well", async () => {
  const id = await runJob(0.3);
  const first = block(1n, genesisParent(CHAIN_ID), 1);
  const made = block(2n, headerHash(first.header), 1);
  const batch = { term: 1n, firstNumber: 2n, parent: made.header.parent, blocks: [made.posted] };
  const batchId = batchIdOf(CHAIN_ID, batch);
  const record = {
    kind: 1,
    term: 1n,
    number: 2n,
    headerHash: headerHash(made.header),
    rowsRoot: made.header.rowsRoot,
    rows: 1,
    level: 1,
    param: 0,
    acceptedHeight: 30n,
    finalHeight: 31n,
    debited: 3n,
    refunded: 0n,
    exceptionsDigest: exceptionsDigest([]),
  };
  network.chain.blocks.set(30n, {
    transactions: [
      {
        hash: new Uint8Array(32),
        gasUsed: 1n,
        messages: [
          {
            typeName: rollupTx.MsgSubmitBatchSchema.typeName,
            value: toBinary(rollupTx.MsgSubmitBatchSchema, create(rollupTx.MsgSubmitBatchSchema, { batch: encodeBatch(batch) })),
            events: [
              event(rollup.EventBatchAcceptedSchema, { batchId, term: 1n, firstNumber: 2n, blocks: 1, rows: 1, bytes: 1 }),
              event(rollup.EventBlockPendingSchema, { kind: 1, term: 1n, number: 2n, headerHash: headerHash(made.header), rows: 1, debited: 3n }),
            ],
          },
        ],
      },
    ],
    events: [],
  });
  network.chain.blocks.set(31n, { transactions: [], events: [event(rollup.EventBlockFinalSchema, { record, exceptions: [], logIndex: 0n })] });
  network.chain.height_ = 40n;
  await expect.poll(async () => (await sql`select 1 from gateway.blocks where number = 2 and log_index = 0`).length, { timeout: 60_000 }).toBe(1);
  const [stored] = await sql`select accepted_height, batch_id, sequencer_key from gateway.blocks where number = 2`;
  expect(stored).toMatchObject({ accepted_height: 30n, batch_id: Buffer.from(batchId), sequencer_key: Buffer.from(signer.publicKey) });
  expect(await sql`select 1 from gateway.final_records`).toHaveLength(1);
  // No node proves anything here, so the receipt stays at what is known without one.
  const { stage, bytes } = await receiptOf(id);
  expect(stage).toBe("ordered");
  expect(decodeReceipt(bytes)).toMatchObject({ stage: "ordered", ordered: { header: { number: 2n } } });
  await expect.poll(async () => (await sql<{ height: bigint }[]>`select height from gateway.cursors`)[0]?.height, { timeout: 60_000 }).toBe(40n);
});

test("a second gateway of the database goes on where the first one is", async () => {
  await network.startGateway();
  network.chain.height_ = 45n;
  await expect.poll(async () => (await sql<{ height: bigint }[]>`select height from gateway.cursors`)[0]?.height, { timeout: 60_000 }).toBe(45n);
  expect(network.logger.withMessage("a background task failed").filter((line) => line["task"] === "following the chain")).toEqual([]);
});

test("a receipt by any other id is not there", async () => {
  for (const id of ["ab".repeat(32), `req_${"0".repeat(32)}`, "x"]) expect((await client.get(`/lamina/v1/receipts/${id}`)).status).toBe(404);
  expect((await client.get(`/lamina/v1/receipts/${"ab".repeat(32)}?checkpoint_height=0`)).status).toBe(400);
});
