import type { LogId } from "@lamina/codec";
import { type Bus, headsSubject, resultsSubject, type Subject } from "@lamina/messaging";
import { backoffMs, type Env, isRetryable, type TimerHandle, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import { passPoint } from "../crash-points.ts";
import type { ResultLog } from "../log/result-log.ts";
import type { RowGroup } from "../log/row-group.ts";
import type { WorkerMetrics } from "../metrics/worker-metrics.ts";
import { joinGroups, runMessageId, writeHead, writeRun } from "./run-message.ts";
import type { OpenGroup, Unaccepted } from "./unaccepted.ts";

export interface PublisherOptions {
  readonly workerId: string;
  readonly log: LogId;
  /** How long the chain's count of the log may stand still before what it lacks is sent anew, later ever more rarely. */
  readonly resendAfterMs: number;
  readonly appendTimeoutMs: number;
}

export interface PublisherDependencies {
  readonly env: Pick<Env, "clock" | "timers" | "random" | "step">;
  readonly bus: Pick<Bus, "append" | "notify" | "onStatus" | "isConnected">;
  readonly results: Pick<ResultLog, "read" | "signEnd">;
  readonly unaccepted: Unaccepted;
  readonly metrics: WorkerMetrics;
  readonly logger: Logger;
}

interface Sending {
  /** Groups that follow each other, sent as one run. */
  readonly groups: readonly [OpenGroup, ...OpenGroup[]];
  readonly round: number;
  /** The rows, while they are still in memory. */
  readonly fresh: RowGroup | undefined;
}

const SENDS_AT_ONCE = 32;
/**
 * How long a new group waits for the next ones. The stream syncs each message and the sequencer checks each head, while blocks come every few hundred
 * milliseconds: a run of many rows costs everybody behind it little more than a run of one.
 */
const GATHER_MS = 20;
const GATHER_ROWS_MAX = 512;
const RETRY = { baseDelayMs: 200, maxDelayMs: 5_000 };
const RESEND_FACTOR_MAX = 32;
const JOINED_ROWS_MAX = 1_024n;
const FRESH_MAX = 64;

/**
 * Sees to it that every row reaches the stream, for as long as the chain has not accepted it: the journal is the outbox, so nothing here needs a
 * memory of its own (T17, I6). Publishing is at least once; message ids and the log's own counts make repetitions harmless.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #deps: PublisherDependencies;
  readonly #subject: Subject;
  readonly #heads: Subject;
  #gathered: { readonly open: OpenGroup; readonly group: RowGroup }[] = [];
  #gatheredRows = 0;
  #gatherTimer: TimerHandle | undefined;
  #ready: Sending[] = [];
  #sending = 0;
  #failures = 0;
  /** Of this process; `#boot` keeps its message ids apart from an earlier one's. */
  #round = 0;
  readonly #boot: string;
  #waits = 0;
  #oldestBefore: bigint | undefined;
  #retryTimer: TimerHandle | undefined;
  #resendTimer: TimerHandle | undefined;
  #whenIdle: (() => void)[] = [];
  #isStopped = false;

  constructor(options: PublisherOptions, dependencies: PublisherDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    this.#subject = resultsSubject(options.workerId);
    this.#boot = toHex(dependencies.env.random.bytes(4));
    this.#heads = headsSubject(options.workerId);
  }

  /** Sends what the chain has not accepted, and again after every reconnection. */
  start(): void {
    this.#deps.bus.onStatus((status) => {
      if (status.kind === "connected") this.#resendAll();
    });
    this.#resendAll();
    this.#oldestBefore = this.#deps.unaccepted.oldest?.start;
    this.#planResend();
  }

  /** A new group is on the disk and under a signed head. */
  offer(open: OpenGroup, group: RowGroup): void {
    this.#gathered.push({ open, group });
    this.#gatheredRows += group.rows.length;
    if (this.#gatheredRows >= GATHER_ROWS_MAX) this.#sendGathered();
    else this.#gatherTimer ??= this.#deps.env.timers.setTimeout(() => this.#sendGathered(), GATHER_MS);
  }

  /** Resolves when the stream has all that was offered, or after `timeoutMs`; true where it has. */
  async flush(timeoutMs: number): Promise<boolean> {
    this.#sendGathered();
    if (this.#isIdle()) return true;
    const { timers } = this.#deps.env;
    let timer: TimerHandle | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = timers.setTimeout(() => resolve(false), timeoutMs);
    });
    const idle = new Promise<boolean>((resolve) => this.#whenIdle.push(() => resolve(true)));
    const isDone = await Promise.race([idle, late]);
    if (timer !== undefined) timers.clearTimeout(timer);
    return isDone;
  }

  stop(): void {
    this.#isStopped = true;
    const { timers } = this.#deps.env;
    for (const timer of [this.#gatherTimer, this.#retryTimer, this.#resendTimer]) if (timer !== undefined) timers.clearTimeout(timer);
    this.#ready = [];
  }

  #sendGathered(): void {
    if (this.#gatherTimer !== undefined) this.#deps.env.timers.clearTimeout(this.#gatherTimer);
    this.#gatherTimer = undefined;
    this.#gatheredRows = 0;
    const [first, ...rest] = this.#gathered.splice(0);
    if (first === undefined || this.#isStopped) return;
    const groups: Sending["groups"] = [first.open, ...rest.map(({ open }) => open)];
    // A stream that takes nothing for long must not fill the memory: the disk has the rows.
    const isRoom = this.#ready.length < FRESH_MAX;
    this.#ready.push({ groups, round: 0, fresh: isRoom ? joinGroups([first.group, ...rest.map(({ group }) => group)]) : undefined });
    this.#pump();
  }

  /** The waits double: a chain that stands still is not flooded with what it cannot take. While it moves, nothing is sent twice. */
  #planResend(): void {
    this.#resendTimer = this.#deps.env.timers.setTimeout(
      () => {
        const oldest = this.#deps.unaccepted.oldest?.start;
        const isStuck = oldest !== undefined && oldest === this.#oldestBefore;
        this.#oldestBefore = oldest;
        this.#waits = isStuck ? this.#waits + 1 : 0;
        if (isStuck) this.#resendAll();
        this.#planResend();
      },
      this.#options.resendAfterMs * Math.min(2 ** this.#waits, RESEND_FACTOR_MAX),
    );
    this.#resendTimer.unref();
  }

  #resendAll(): void {
    this.#sendGathered();
    const waiting = new Set(this.#ready.flatMap(({ groups }) => groups));
    this.#round += 1;
    let joined: OpenGroup[] = [];
    const push = () => {
      const [first, ...rest] = joined;
      if (first !== undefined) this.#ready.push({ groups: [first, ...rest], round: this.#round, fresh: undefined });
      joined = [];
    };
    for (const open of this.#deps.unaccepted) {
      if (waiting.has(open)) continue;
      const first = joined[0];
      if (first !== undefined && (joined.at(-1)?.end !== open.start || open.end - first.start > JOINED_ROWS_MAX)) push();
      joined.push(open);
    }
    push();
    this.#pump();
  }

  #pump(): void {
    while (!this.#isStopped && this.#retryTimer === undefined && this.#sending < SENDS_AT_ONCE) {
      const next = this.#ready.shift();
      if (next === undefined) break;
      void this.#send(next);
    }
    if (this.#isIdle()) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  async #send(sending: Sending): Promise<void> {
    this.#sending += 1;
    try {
      await this.#publish(sending);
      this.#failures = 0;
    } catch (error) {
      this.#onFailure(sending, error);
    }
    this.#sending -= 1;
    this.#pump();
  }

  async #publish({ groups, round, fresh }: Sending): Promise<void> {
    const { bus, env, results, metrics } = this.#deps;
    const { log, appendTimeoutMs } = this.#options;
    const group = fresh ?? (await this.#readJoined(groups));
    const signed = await results.signEnd(group);
    await passPoint(env, "worker.run.publish");
    bus.notify(this.#heads, writeHead(log, signed));
    const messageId = runMessageId(log, signed.count, round === 0 ? undefined : `${this.#boot}-${round}`);
    await bus.append(this.#subject, writeRun(log, group, signed), { messageId, timeoutMs: appendTimeoutMs });
    await passPoint(env, "worker.run.published");
    metrics.published(group.rows.length, round > 0);
  }

  async #readJoined(groups: readonly [OpenGroup, ...OpenGroup[]]): Promise<RowGroup> {
    const [first, ...rest] = groups;
    const read = [];
    for (const { place } of rest) read.push(await this.#deps.results.read(place));
    return joinGroups([await this.#deps.results.read(first.place), ...read]);
  }

  /** What failed goes out again first, with the others, after a pause; what no repetition will cure waits for the next round. */
  #onFailure(sending: Sending, error: unknown): void {
    if (this.#isStopped) return;
    this.#deps.metrics.publishFailed();
    if (this.#failures === 0) this.#deps.logger.warn("a run could not be published, it is kept and tried again", { error });
    this.#failures += 1;
    if (!isRetryable(error)) return;
    this.#ready.unshift(sending);
    this.#retryTimer ??= this.#deps.env.timers.setTimeout(
      () => {
        this.#retryTimer = undefined;
        this.#pump();
      },
      backoffMs(this.#deps.env, RETRY, this.#failures),
    );
  }

  #isIdle(): boolean {
    return this.#sending === 0 && this.#ready.length === 0 && this.#gathered.length === 0;
  }
}
