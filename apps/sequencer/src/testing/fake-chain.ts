import {
  type Batch,
  batchIdOf,
  computeJobId,
  decodeBatch,
  genesisParent,
  headAfterRows,
  headBytes,
  type LogId,
  type Row,
  startHead,
  strictVerifier,
} from "@lamina/codec";
import { BaseError, bytesEqual, type ChainId, type Digest, type Env, type ModelId, type PublicKey, toHex } from "@lamina/primitives";
import { nodeEd25519Verify } from "@lamina/primitives/node";
import { type ChainTerm, checkBatch, type LogTip } from "@lamina/rollup";
import type { ChainLimits, Registered, Reported, SequencerChain, Submitted } from "../chain-port.ts";
import type { HeadFault } from "../faults/head-fault.ts";
import { logKey } from "../intake/log-shelf.ts";

const BLOCK_MS = 500;

/** Thousands of signatures are checked in these tests. */
export const verifyFast = strictVerifier(nodeEd25519Verify);

class NodeDownError extends BaseError<"NODE_DOWN"> {
  override readonly retryable = true;
  readonly details = {};
  constructor() {
    super("NODE_DOWN", "the node does not answer");
  }
}

/** A chain in memory that judges batches as docs/spec/settlement.md says, as far as a sequencer can see. It outlives every sequencer. */
export class FakeChain implements SequencerChain {
  readonly operator = "lamina1sequencer";
  readonly chainId: ChainId;
  readonly #key: PublicKey;
  readonly #env: Pick<Env, "timers" | "clock">;
  readonly #logs = new Map<string, LogTip>();
  readonly workers = new Map<string, Registered>();
  readonly models = new Map<string, Registered>();
  readonly lanes = new Map<bigint, Registered & { spenderKey: PublicKey }>();
  current: ChainTerm;
  limitsNow: ChainLimits = { bytesMax: 200_000, rowsMax: 400, blocksMax: 16, blockRunsMax: 64 };
  /** Rows in the order in which they settled, skipped ones left out. */
  readonly settled: Row[] = [];
  /** Times each job came up for payment. */
  readonly paid = new Map<string, number>();
  readonly modes = { root: 0, each: 0 };
  accepted: { batchId: string; term: bigint; blocks: number; number: bigint; hash: string }[] = [];
  isDown = false;
  /** The next submissions are accepted, and the answers lost. */
  answersToLose = 0;

  constructor(chainId: ChainId, key: PublicKey, env: Pick<Env, "timers" | "clock">) {
    this.chainId = chainId;
    this.#key = key;
    this.#env = env;
    this.current = { term: 1n, key, operator: this.operator, acceptedNumber: 0n, acceptedHash: genesisParent(chainId) };
  }

  async height(): Promise<bigint> {
    this.#answer();
    return BigInt(10 + Math.floor(this.#env.clock.monotonicMs() / BLOCK_MS));
  }

  async term(): Promise<ChainTerm> {
    this.#answer();
    return this.current;
  }

  async limits(): Promise<ChainLimits> {
    this.#answer();
    return this.limitsNow;
  }

  async logTip(log: LogId): Promise<LogTip> {
    this.#answer();
    return this.#logs.get(logKey(log)) ?? { count: 0n, head: startHead(this.chainId, log) };
  }

  async workerKey(key: PublicKey): Promise<Registered | undefined> {
    this.#answer();
    return this.workers.get(toHex(key));
  }

  async model(model: ModelId): Promise<Registered | undefined> {
    this.#answer();
    return this.models.get(toHex(model));
  }

  async lane(lane: bigint): Promise<(Registered & { spenderKey: PublicKey }) | undefined> {
    this.#answer();
    return this.lanes.get(lane);
  }

  /** Whether the term may be taken: its holder is out, or else a forced run is overdue. */
  isTermOpen = false;
  isHolderOut = true;

  async isSequencerOut(): Promise<boolean> {
    this.#answer();
    return this.isHolderOut;
  }

  async canTakeTerm(): Promise<boolean> {
    this.#answer();
    return this.isTermOpen;
  }

  async takeTerm(term: bigint, acceptedNumber: bigint, acceptedHash: Digest): Promise<void> {
    this.#answer();
    const isClaim = acceptedNumber === this.current.acceptedNumber && bytesEqual(acceptedHash, this.current.acceptedHash);
    if (!this.isTermOpen || term !== this.current.term + 1n || !isClaim) throw new Error("this term is not to be had");
    this.current = { ...this.current, term, operator: this.operator, key: this.#key };
  }

  /** Keys that a report convicted, and what was said to each report. */
  readonly convicted = new Set<string>();
  readonly verdicts: Reported[] = [];

  async reportHeadFault(fault: HeadFault): Promise<Reported> {
    this.#answer();
    await this.#env.timers.sleep(BLOCK_MS / 2);
    this.#answer();
    const verdict = this.#judge(fault);
    this.verdicts.push(verdict);
    return verdict;
  }

  async submit(_batch: Batch, bytes: Uint8Array): Promise<Submitted> {
    this.#answer();
    await this.#env.timers.sleep(BLOCK_MS / 2);
    this.#answer();
    const submitted = this.#accept(decodeBatch(bytes), bytes.length);
    if (submitted.kind !== "accepted" || this.answersToLose === 0) return submitted;
    this.answersToLose -= 1;
    throw new NodeDownError();
  }

  /** A run that somebody forced in. */
  force(log: LogId, rows: readonly Row[]): void {
    const tip = this.#logs.get(logKey(log)) ?? { count: 0n, head: startHead(this.chainId, log) };
    for (const row of rows) this.#settle(row);
    this.#logs.set(logKey(log), { count: tip.count + BigInt(rows.length), head: headAfterRows(tip.head, rows) });
  }

  #judge({ log, count, first, second }: HeadFault): Reported {
    const isSigned = ({ head, signature }: HeadFault["first"]) => verifyFast(log.worker, headBytes(this.chainId, { ...log, count, head }), signature);
    if (!isSigned(first) || !isSigned(second) || bytesEqual(first.head, second.head)) return { kind: "refused", reason: "no fault" };
    const worker = toHex(log.worker);
    if (this.convicted.has(worker)) return { kind: "judged" };
    this.convicted.add(worker);
    return { kind: "convicted", rewardUlam: 1n };
  }

  #accept(batch: Batch, size: number): Submitted {
    const batchId = batchIdOf(this.chainId, batch);
    if (this.accepted.some((each) => each.batchId === toHex(batchId))) return this.#accepted(batchId, true);
    const { term, acceptedNumber, acceptedHash, key } = this.current;
    if (batch.term !== term) return { kind: "stale", reason: "term" };
    if (batch.firstNumber !== acceptedNumber + 1n || !bytesEqual(batch.parent, acceptedHash)) return { kind: "stale", reason: "parent" };
    const rows = batch.blocks.reduce((sum, block) => sum + block.rows.length, 0);
    const { bytesMax, rowsMax, blocksMax } = this.limitsNow;
    if (size > bytesMax || rows > rowsMax || batch.blocks.length > blocksMax) return rejected(4, "too large");
    const spenderOf = (lane: bigint) => this.lanes.get(lane)?.spenderKey;
    const check = checkBatch(this.chainId, batch, { sequencerKey: key, spenderOf, verify: verifyFast });
    if (check.kind === "invalid") return rejected(10, `${check.item}: ${check.expected}`);
    for (const block of batch.blocks) {
      const gap = this.#takeRuns(block);
      if (gap !== undefined) return rejected(13, gap);
      for (const { mode } of block.authorisations) this.modes[mode] += 1;
    }
    const last = check.headers.at(-1);
    if (last === undefined) throw new Error("a checked batch without headers");
    this.current = { ...this.current, acceptedNumber: last.header.number, acceptedHash: last.hash };
    this.accepted.push({ batchId: toHex(batchId), term, blocks: batch.blocks.length, number: last.header.number, hash: toHex(last.hash) });
    return this.#accepted(batchId, false);
  }

  #takeRuns(block: Batch["blocks"][number]): string | undefined {
    let at = 0;
    for (const run of block.runs) {
      const rows = block.rows.slice(at, at + run.count);
      at += run.count;
      const log = { worker: run.worker, level: block.level, param: block.param, incarnation: run.incarnation };
      const tip = this.#logs.get(logKey(log)) ?? { count: 0n, head: startHead(this.chainId, log) };
      if (run.start > tip.count) return `log gap: expected ${tip.count}, found ${run.start}`;
      const end = run.start + BigInt(run.count);
      for (const row of rows) if (row.index >= tip.count) this.#settle(row);
      if (end > tip.count) this.#logs.set(logKey(log), { count: end, head: headAfterRows(run.previousHead, rows) });
    }
    return undefined;
  }

  #settle(row: Row): void {
    this.settled.push(row);
    const job = toHex(computeJobId(this.chainId, row));
    this.paid.set(job, (this.paid.get(job) ?? 0) + 1);
  }

  #accepted(batchId: Uint8Array, isRepeated: boolean): Submitted {
    return { kind: "accepted", accepted: { batchId: batchId as Digest as never, isRepeated, height: 1n, gasUsed: 1n } };
  }

  #answer(): void {
    if (this.isDown) throw new NodeDownError();
  }
}

function rejected(code: number, reason: string): Submitted {
  return { kind: "rejected", codespace: "rollup", code, reason };
}
