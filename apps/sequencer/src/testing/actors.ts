import {
  computeJobId,
  encodeForcedRun,
  encodeRow,
  headAfterRows,
  headBytes,
  type LaneAuthorisation,
  type LogId,
  type Row,
  rowsPerLane,
  signJobBytes,
  spendBytes,
  spendRoot,
  startHead,
} from "@lamina/codec";
import { type Bus, decodeMessage, encodeMessage, messageSchemas, resultsSubject, spendService } from "@lamina/messaging";
import type { ChainId, Digest, JobId, ModelId, Signature } from "@lamina/primitives";
import { toHex } from "@lamina/primitives";
import { type NodeSigner, nodeEd25519Signer } from "@lamina/primitives/node";
import type { SeededRng } from "@lamina/testing";

/** A worker that has answered jobs: its whole log, and what it publishes of it. */
export class WorkerActor {
  readonly signer: NodeSigner;
  readonly log: LogId;
  readonly rows: Row[] = [];
  readonly #chainId: ChainId;
  readonly #spenders: ReadonlyMap<bigint, NodeSigner>;
  readonly #rng: SeededRng;
  readonly #model: ModelId;
  readonly #firstNonce: number;
  readonly #heads: Digest[] = [];
  #published = 0;
  #resends = 0;

  /** Last height at which the rows made next may settle. */
  settleBy = 10_000n;

  constructor(chainId: ChainId, model: ModelId, spenders: ReadonlyMap<bigint, NodeSigner>, rng: SeededRng) {
    this.#chainId = chainId;
    this.#model = model;
    this.#spenders = spenders;
    this.#rng = rng;
    this.#firstNonce = 1_000 * rng.below(1_000);
    this.signer = nodeEd25519Signer(rng.bytes(32));
    this.log = { worker: this.signer.publicKey, level: 1, param: 0, incarnation: 0 };
  }

  /** Answers `count` jobs of any lanes. */
  work(count: number): void {
    for (let at = 0; at < count; at++) {
      const lane = this.#rng.pick([...this.#spenders.keys()]);
      const fixed = { level: 1, param: 0, worker: this.signer.publicKey, lane, model: this.#model, profile: 1, items: 1 };
      const priced = { unitPrice: 5n, ceiling: 20n, settleBy: this.settleBy, units: 1n, charge: 5n };
      const private_ = { nonce: this.#firstNonce + this.rows.length, h: this.#rng.bytes(32) as Digest, output: this.#rng.bytes(32) as Digest };
      this.rows.push({ ...fixed, ...priced, ...private_, incarnation: 0, index: BigInt(this.rows.length) });
    }
  }

  /** The published form of rows `from` … `to`−1, under the head after them. */
  run(from: number, to: number, rows: readonly Row[] = this.rows): Uint8Array {
    const previousHead = this.#head(rows, from);
    const head = headAfterRows(previousHead, rows.slice(from, to));
    const statement = { ...this.log, count: BigInt(to), head };
    const signature = this.signer.sign(headBytes(this.#chainId, statement));
    return encodeMessage(messageSchemas.resultRun, {
      previousHead,
      start: BigInt(from),
      rows: rows.slice(from, to).map(encodeRow),
      jobSignatures: rows.slice(from, to).map((row) => this.jobSignature(row)),
      head: { ...statement, signature },
    });
  }

  /** Its rows as they would stand had it answered otherwise from row `from` on: what a worker that forks its log signs. */
  forked(from = 0): Row[] {
    return this.rows.map((row, at) => (at < from ? row : { ...row, charge: row.charge + 1n }));
  }

  /** What it says of its head after `count` rows, to whoever listens. */
  notice(count: number, rows: readonly Row[] = this.rows): Uint8Array {
    const statement = { ...this.log, count: BigInt(count), head: this.#head(rows, count) };
    return encodeMessage(messageSchemas.signedHead, { ...statement, signature: this.signer.sign(headBytes(this.#chainId, statement)) });
  }

  /** Rows `from` … `to`−1 as anybody may force them in, every row under its own job's signature. */
  forced(from: number, to: number, referenceHeight: bigint): Uint8Array {
    const rows = this.rows.slice(from, to);
    const previousHead = this.#head(this.rows, from);
    const { worker, level, param, incarnation } = this.log;
    const statement = { ...this.log, count: BigInt(to), head: headAfterRows(previousHead, rows) };
    const signature = this.signer.sign(headBytes(this.#chainId, statement)) as Signature;
    const run = { worker, incarnation, start: BigInt(from), count: rows.length, previousHead, signature };
    const authorisations = rowsPerLane(rows).map(([lane]): LaneAuthorisation => {
      const own = rows.filter((row) => row.lane === lane);
      return { lane, mode: "each", signatures: own.map((row) => this.jobSignature(row) as Signature) };
    });
    return encodeForcedRun({ level, param, referenceHeight, run, rows, authorisations });
  }

  /** The rest of its rows, to the stream. Where that fails they are sent with the next. */
  async publish(bus: Bus): Promise<void> {
    const [from, to] = [this.#published, this.rows.length];
    await send(bus, this.log, this.run(from, to), `${from}-${to}`);
    this.#published = to;
  }

  /** What the chain has not settled, out of its outbox, however often it was published. */
  async resend(bus: Bus, settled: number): Promise<void> {
    const to = this.#published;
    if (settled >= to) return;
    this.#resends += 1;
    await send(bus, this.log, this.run(settled, to), `again-${this.#resends}`);
  }

  /** The head after the first `count` rows; remembered for the worker's own log, which may be long. */
  #head(rows: readonly Row[], count: number): Digest {
    if (rows !== this.rows) return headAfterRows(startHead(this.#chainId, this.log), rows.slice(0, count));
    let head = this.#heads.at(-1) ?? startHead(this.#chainId, this.log);
    if (this.#heads.length === 0) this.#heads.push(head);
    while (this.#heads.length <= count) {
      head = headAfterRows(head, rows.slice(this.#heads.length - 1, this.#heads.length));
      this.#heads.push(head);
    }
    return this.#heads[count] as Digest;
  }

  jobSignature(row: Row): Uint8Array {
    const spender = this.#spenders.get(row.lane);
    if (spender === undefined) throw new Error(`no spender of lane ${row.lane}`);
    return spender.sign(signJobBytes(this.#chainId, computeJobId(this.#chainId, row), row.settleBy));
  }
}

export async function send(bus: Bus, log: LogId, payload: Uint8Array, messageId: string): Promise<void> {
  await bus.append(resultsSubject(toHex(log.worker)), payload, { messageId: `${toHex(log.worker)}-${messageId}`, timeoutMs: 1_000 });
}

/** A gateway that signs roots for its lanes; `mood` may change while it serves. */
export class SpenderActor {
  mood: "signs" | "refuses" | "silent" = "signs";

  constructor(chainId: ChainId, bus: Bus, signers: readonly NodeSigner[]) {
    for (const signer of signers) {
      bus.serve(spendService(toHex(signer.publicKey)), async ({ payload, signal }) => {
        if (this.mood === "silent") await new Promise((resolve) => signal.addEventListener("abort", resolve));
        if (this.mood !== "signs") return encodeMessage(messageSchemas.spendRootReply, { refusal: "not issued here" });
        const { lane, term, number, jobIds } = decodeMessage(messageSchemas.spendRootRequest, payload);
        const spend = { lane, term, number, count: jobIds.length, root: spendRoot(jobIds as JobId[]) };
        return encodeMessage(messageSchemas.spendRootReply, { signature: signer.sign(spendBytes(chainId, spend)) });
      });
    }
  }
}
