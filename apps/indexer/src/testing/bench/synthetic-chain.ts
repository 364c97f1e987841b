import { createHash } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { moduleAddress, type TxEvent } from "@lamina/chain-client";
import {
  type Batch,
  batchIdOf,
  computeModelId,
  encodeBatch,
  encodeManifest,
  exceptionsDigest,
  genesisParent,
  headersOfBatch,
  type PlacedHeader,
  type PostedBlock,
  type Row,
  sumCharges,
} from "@lamina/codec";
import { chainId, type Digest, type ModelId, type PublicKey, type Signature } from "@lamina/primitives";
import { escrow, registry, registryTx, rollup, rollupTx } from "@lamina/protocol";
import { SeededRng } from "@lamina/testing";
import type { RecordedChain, RecordedHeight } from "../recorded-node.ts";
import { coinsMoved, eventOf, txOf } from "./synthetic-events.ts";

export interface SyntheticShape {
  readonly rows: number;
  /** One batch of one block a height. */
  readonly rowsPerBlock: number;
  readonly workers: number;
  readonly lanes: number;
}

const CHAIN = chainId("lamina-dev-bench");
const ESCROW = moduleAddress("escrow");
const WINDOW = 10;
const PRICE = 10n;
const FUNDS = 10n ** 15n;

/**
 * Heights full of rows, with the events that the chain emits for them, up to finality and payment. An indexer checks no signature, so they are
 * random bytes; all that it does check holds.
 */
export class SyntheticChain {
  readonly #shape: SyntheticShape;
  readonly #rng = new SeededRng(11);
  readonly #heights: RecordedHeight[] = [];
  readonly #workers: PublicKey[];
  readonly #manifest: Uint8Array;
  readonly #model: ModelId;
  readonly #logCounts: bigint[];
  #parent: Digest = genesisParent(CHAIN);
  #number = 0n;
  #nonce = 0;
  #hash = "";
  readonly #waiting: { readonly header: PlacedHeader; readonly height: bigint; readonly debited: bigint }[] = [];

  constructor(shape: SyntheticShape) {
    this.#shape = shape;
    this.#workers = Array.from({ length: shape.workers }, () => this.#rng.bytes(32) as PublicKey).sort((left, right) => Buffer.compare(left, right));
    this.#logCounts = this.#workers.map(() => 0n);
    this.#manifest = manifestOf(this.#rng);
    this.#model = computeModelId(this.#manifest);
  }

  static build(shape: SyntheticShape): RecordedChain {
    const chain = new SyntheticChain(shape);
    chain.#register();
    for (let left = shape.rows; left > 0; left -= shape.rowsPerBlock) chain.#post(Math.min(left, shape.rowsPerBlock));
    while (chain.#waiting.length > 0) chain.#add([], []);
    return { chainId: CHAIN, genesis: JSON.stringify({ initial_height: "1", app_state: {} }), heights: chain.#heights };
  }

  get #height(): bigint {
    return BigInt(this.#heights.length) + 1n;
  }

  #register(): void {
    const operator = (id: number, role: registry.OperatorRole, signingKey: Uint8Array) => ({
      operator: {
        id: BigInt(id),
        role,
        operator: `lamina1op${id}`,
        signingKey,
        bond: "0",
        status: registry.OperatorStatus.ACTIVE,
        registeredHeight: 1n,
      },
      change: "registered",
    });
    const sequencer = this.#rng.bytes(32);
    const events = [
      eventOf(registry.EventOperatorSchema, operator(1, registry.OperatorRole.SEQUENCER, sequencer)),
      ...this.#workers.map((key, at) => eventOf(registry.EventOperatorSchema, operator(at + 2, registry.OperatorRole.WORKER, key))),
      eventOf(rollup.EventTermSchema, { term: { term: 1n, operatorId: 1n, key: sequencer, startedHeight: 1n }, reason: "registered" }),
      ...Array.from({ length: this.#shape.lanes }, (_, at) => this.#lane(BigInt(at + 1))).flat(),
    ];
    const named = eventOf(registry.EventModelSchema, { modelId: this.#model, name: "bench", version: "1", publisher: "lamina1pub" }, 0);
    const message = create(registryTx.MsgRegisterModelSchema, { publisher: "lamina1pub", manifest: this.#manifest, version: "1" });
    this.#add(
      [{ tx: txOf(registryTx.MsgRegisterModelSchema.typeName, toBinary(registryTx.MsgRegisterModelSchema, message)), events: [named] }],
      events,
    );
  }

  #lane(id: bigint): TxEvent[] {
    const payer = `lamina1payer${id}`;
    const lane = { id, payer, spenderKey: this.#rng.bytes(32), balance: `${FUNDS}`, endHeight: 1_000_000n, levels: [1], registeredHeight: 1n };
    return [
      coinsMoved("received", ESCROW, FUNDS),
      eventOf(escrow.EventDepositSchema, { payer, amount: `${FUNDS}`, change: "deposited" }),
      eventOf(escrow.EventLaneSchema, { lane, change: "opened" }),
    ];
  }

  #post(count: number): void {
    const batch = this.#batch(count);
    const [header] = headersOfBatch(CHAIN, batch);
    const [block] = batch.blocks;
    if (header === undefined || block === undefined) throw new Error("expected a batch of one block");
    const posted = encodeBatch(batch);
    const message = create(rollupTx.MsgSubmitBatchSchema, { submitter: "lamina1op1", batch: posted });
    const { number } = header.header;
    const debited = block.charges;
    const pending = { kind: 1, term: 1n, number, headerHash: header.hash, rows: count, debited, exceptions: [] };
    const accepted = { batchId: batchIdOf(CHAIN, batch), term: 1n, firstNumber: number, blocks: 1, rows: count, bytes: posted.length };
    const events = [eventOf(rollup.EventBlockPendingSchema, pending, 0), eventOf(rollup.EventBatchAcceptedSchema, accepted, 0)];
    const height = this.#height;
    this.#parent = header.hash;
    this.#waiting.push({ header, height, debited });
    this.#add([{ tx: txOf(rollupTx.MsgSubmitBatchSchema.typeName, toBinary(rollupTx.MsgSubmitBatchSchema, message)), events }], []);
  }

  #batch(count: number): Batch {
    const perWorker = Math.ceil(count / this.#workers.length);
    const rows: Row[] = [];
    const runs: PostedBlock["runs"][number][] = [];
    this.#workers.forEach((worker, at) => {
      const here = Math.min(perWorker, count - rows.length);
      if (here <= 0) return;
      const start = this.#logCounts[at] ?? 0n;
      this.#logCounts[at] = start + BigInt(here);
      runs.push({ worker, incarnation: 0, start, count: here, previousHead: this.#digest(), signature: this.#signature() });
      for (let offset = 0; offset < here; offset++) rows.push(this.#row(worker, start + BigInt(offset)));
    });
    const lanes = [...new Set(rows.map(({ lane }) => lane))].sort((left, right) => Number(left - right));
    const authorisations = lanes.map((lane) => ({ lane, mode: "root" as const, signature: this.#signature() }));
    const block = { level: 1, param: 0, referenceHeight: this.#height, runs, rows, authorisations, charges: sumCharges(rows) };
    this.#number += 1n;
    const blocks = [{ ...block, rowsRoot: this.#digest(), signature: this.#signature() }];
    return { term: 1n, firstNumber: this.#number, parent: this.#parent, blocks };
  }

  #row(worker: PublicKey, index: bigint): Row {
    this.#nonce = (this.#nonce + 1) % 1_000_000;
    const lane = BigInt((this.#nonce % this.#shape.lanes) + 1);
    const job = {
      level: 1,
      param: 0,
      worker,
      lane,
      nonce: this.#nonce,
      model: this.#model,
      profile: 1,
      items: 1,
      unitPrice: PRICE,
      ceiling: 3n * PRICE,
    };
    const result = { incarnation: 0, index, units: 3n, charge: 3n * PRICE, output: this.#digest() };
    return { ...job, settleBy: this.#height + 100n, h: this.#digest(), ...result };
  }

  #digest(): Digest {
    return this.#rng.bytes(32) as Digest;
  }

  #signature(): Signature {
    return this.#rng.bytes(64) as Signature;
  }

  /** Blocks whose window has passed are paid, all to one worker, and become final. */
  #finals(): TxEvent[] {
    const due = this.#waiting.filter(({ height }) => height + BigInt(WINDOW) <= this.#height);
    this.#waiting.splice(0, due.length);
    return due.flatMap(({ header: { header, hash }, height, debited }) => {
      const record = { kind: 1, term: 1n, number: header.number, headerHash: hash, rowsRoot: header.rowsRoot, rows: header.rows, level: 1, param: 0 };
      const heights = { acceptedHeight: height, finalHeight: this.#height, debited, refunded: 0n, exceptionsDigest: exceptionsDigest([]) };
      return [
        coinsMoved("spent", ESCROW, debited),
        eventOf(escrow.EventPaymentSchema, { kind: "worker", recipient: "lamina1op2", amount: `${debited}`, number: header.number }),
        eventOf(rollup.EventBlockFinalSchema, { record: { ...record, ...heights }, exceptions: [], logIndex: header.number - 1n }),
      ];
    });
  }

  #add(txs: readonly { readonly tx: Buffer; readonly events: readonly TxEvent[] }[], events: readonly TxEvent[]): void {
    const height = this.#height;
    const own = [...events, ...this.#finals()];
    const previous = this.#hash;
    this.#hash = createHash("sha256").update(`${height}`).digest("hex").toUpperCase();
    const time = new Date(1_767_225_600_000 + Number(height) * 1_000).toISOString();
    const header = { chain_id: CHAIN, height: `${height}`, time, last_block_id: { hash: previous } };
    this.#heights.push({
      block: JSON.stringify({ block_id: { hash: this.#hash }, block: { header, data: { txs: txs.map(({ tx }) => tx.toString("base64")) } } }),
      results: JSON.stringify({
        height: `${height}`,
        txs_results: txs.map((each) => ({ code: 0, gas_used: "1000000", events: each.events })),
        finalize_block_events: own,
      }),
    });
  }
}

function manifestOf(rng: SeededRng): Uint8Array {
  return encodeManifest({
    name: "bench",
    task: "classification",
    licence: "Apache-2.0",
    source: "made for the bench",
    files: [{ path: "model.onnx", size: 10n, sha256: rng.bytes(32) as Digest }],
    graph: "model.onnx",
    inputs: [{ name: "in", type: 1 }],
    outputs: [{ name: "out", type: 1 }],
    profiles: [{ id: 1, unitsPerItem: 3n, inputs: [[1, 4]], outputs: [[1, 2]] }],
    labels: [],
    levels: [1],
  });
}
