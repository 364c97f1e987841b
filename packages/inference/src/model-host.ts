import type { Item, Tensor } from "@lamina/codec";
import type { Env, TimerHandle } from "@lamina/primitives";
import { checkItem, outputBytes, stack, unstack } from "./batch.ts";
import { ChildProcess } from "./child-process.ts";
import { ChildSlot } from "./child-slot.ts";
import { BusyError, ChildLostError, DeadlineError, InvalidItemError, ModelRefusedError, RunError, UnknownProfileError } from "./inference-error.ts";
import { nextBatch, partSizes } from "./micro-batch.ts";
import type { HostLoad, ModelHostOptions, RunOptions } from "./model-host-options.ts";
import { planServing, type ServingPlan } from "./serving-plan.ts";
import type { ModelSignature, ProfileShapes } from "./signature.ts";
import { type Part, WaitingQueue } from "./waiting-queue.ts";

/** Below this a second batch is sent ahead, so that the process does not idle for the length of a message. */
const PIPELINED_RUN_MS = 2;
const AVERAGE_WEIGHT = 0.1;
const SWEEP_MS = 50;

/**
 * Serves one model from a few confined processes: joins waiting requests into batches, restarts what dies, and answers every request within its
 * waiting budget plus the run budget, come what may (T23).
 */
export class ModelHost {
  readonly #options: ModelHostOptions;
  readonly #env: Env;
  readonly #profiles: ReadonlyMap<number, ProfileShapes>;
  readonly #slots: readonly ChildSlot[];
  readonly #queue = new WaitingQueue();
  #batchesRunning = 0;
  #runMs = 0;
  #draining = false;
  #pumpPlanned = false;
  #timers = new Map<"delay" | "sweep", TimerHandle>();
  #whenIdle: (() => void)[] = [];
  #plan: ServingPlan | undefined;

  constructor(options: ModelHostOptions, env: Env) {
    this.#options = options;
    this.#env = env;
    this.#profiles = new Map(options.signature.profiles.map((profile) => [profile.id, profile]));
    this.#slots = Array.from({ length: options.sessions }, () => this.#makeSlot());
  }

  /** Loads the model into every process. Throws what the first failure was (`ModelRefusedError`, `LoadError`, `ProviderError`, …), having stopped the others. */
  async start(): Promise<void> {
    await this.#env.files.mkdir(this.#options.emptyFolder, { mode: 0o555 });
    const starts = await Promise.allSettled(this.#slots.map((slot) => slot.start()));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed === undefined) return;
    await this.stop();
    throw failed.reason;
  }

  /**
   * Runs items at a profile; outputs in the order of the items, each with the profile's static shapes. Throws `InvalidItemError`,
   * `UnknownProfileError`, and, worth another try elsewhere or later, `BusyError`, `DeadlineError`, `ChildLostError`; `RunError` where the model
   * cannot run these inputs; the signal's reason.
   */
  async run(profileId: number, items: readonly Item[], options: RunOptions = {}): Promise<Item[]> {
    this.#admit(profileId, items);
    const parts: Promise<Item[]>[] = [];
    let start = 0;
    for (const size of partSizes(items.length, this.#itemsMax(profileId))) {
      parts.push(this.#enqueue(profileId, items.slice(start, start + size), options));
      start += size;
    }
    return (await Promise.all(parts)).flat();
  }

  load(): HostLoad {
    const sessionsReady = this.#slots.filter((slot) => slot.child !== undefined).length;
    return { sessionsReady, sessions: this.#slots.length, itemsWaiting: this.#queue.items, batchesRunning: this.#batchesRunning, runMs: this.#runMs };
  }

  /** Ids of the processes that are up, for operators and tests. */
  pids(): number[] {
    return this.#slots.flatMap((slot) => slot.child?.pid ?? []);
  }

  /** Takes nothing new and resolves when all that was taken is answered. */
  async drain(): Promise<void> {
    this.#draining = true;
    if (this.#isIdle()) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** Kills the processes; what waits or runs fails. */
  async stop(): Promise<void> {
    this.#draining = true;
    for (const part of this.#queue.take(this.#queue.parts)) part.reject(new BusyError({ model: this.#options.model, reason: "stopped" }));
    for (const timer of this.#timers.values()) this.#env.timers.clearTimeout(timer);
    await Promise.all(this.#slots.map((slot) => slot.stop()));
  }

  #makeSlot(): ChildSlot {
    const { model, onEvent } = this.#options;
    const options = {
      make: () => this.#makeChild(),
      onReady: (child: ChildProcess, loadMs: number) => {
        onEvent?.({ kind: "child-ready", model, pid: child.pid, loadMs });
        this.#planPump();
      },
      onLost: (error: Error, restartInMs: number) => onEvent?.({ kind: "child-lost", model, error, restartInMs }),
    };
    return new ChildSlot(options, this.#env);
  }

  async #makeChild(): Promise<ChildProcess> {
    const { model, program, emptyFolder, provider, signature, loadBudgetMs, childEnv = {} } = this.#options;
    const graph = await this.#options.readGraph();
    if (this.#options.withoutGate !== true) this.#plan = this.#passGate(graph);
    const resultBytesMax = Math.max(...signature.profiles.map((profile) => outputBytes(signature, profile, this.#itemsMax(profile.id))));
    const names = (tensors: ModelSignature["inputs"]) => tensors.map((tensor) => tensor.name);
    const load = { provider, inputs: names(signature.inputs), outputs: names(signature.outputs), resultBytesMax };
    return ChildProcess.start({ model, program, cwd: emptyFolder, graph, load, loadBudgetMs, childEnv }, this.#env);
  }

  /** No file reaches the runtime without this, at any load (T22–T24). */
  #passGate(graph: Uint8Array): ServingPlan {
    const { model, signature, modelLimits } = this.#options;
    const planned = planServing(graph, signature, modelLimits);
    if (planned.kind === "refused") throw new ModelRefusedError({ model, refusal: planned.refusal });
    return planned.plan;
  }

  #admit(profileId: number, items: readonly Item[]): void {
    const { model, signature, queueItemsMax } = this.#options;
    const profile = this.#profiles.get(profileId);
    if (profile === undefined) throw new UnknownProfileError({ model, profile: profileId, known: [...this.#profiles.keys()] });
    if (items.length === 0) throw new InvalidItemError({ tensor: "items", expected: "at least one", found: "none" });
    for (const item of items) checkItem(signature, profile, item);
    if (this.#draining) throw new BusyError({ model, reason: "draining" });
    const wanted = this.#queue.items + items.length;
    if (wanted > queueItemsMax) throw new BusyError({ model, reason: `expected at most ${queueItemsMax} items waiting, found ${wanted}` });
  }

  #itemsMax(profileId: number): number {
    const affordable = this.#plan?.itemsMax(profileId) ?? Number.POSITIVE_INFINITY;
    return Math.max(1, Math.min(this.#options.itemsMax(profileId), affordable));
  }

  #enqueue(profile: number, inputs: readonly Item[], { waitBudgetMs = this.#options.runBudgetMs, signal }: RunOptions): Promise<Item[]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const abandon = () => {
        this.#queue.take([part]);
        reject(signal?.reason);
      };
      const finish = <Value>(act: (value: Value) => void) => {
        return (value: Value) => {
          signal?.removeEventListener("abort", abandon);
          act(value);
        };
      };
      const sinceMs = this.#env.clock.monotonicMs();
      const part: Part = { profile, items: inputs.length, inputs, sinceMs, waitBudgetMs, resolve: finish(resolve), reject: finish(reject) };
      signal?.addEventListener("abort", abandon);
      this.#queue.add(part);
      this.#planPump();
    });
  }

  /** Once per turn: requests that arrive together are looked at together. */
  #planPump(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    queueMicrotask(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    const { model, addedDelayMaxMs } = this.#options;
    const nowMs = this.#env.clock.monotonicMs();
    for (const part of this.#queue.takeOverdue(nowMs)) part.reject(new DeadlineError({ model, budgetMs: part.waitBudgetMs, phase: "waiting" }));
    for (let child = this.#freeChild(); child !== undefined; child = this.#freeChild()) {
      const decision = nextBatch(this.#queue.parts, nowMs, { itemsMax: (profile) => this.#itemsMax(profile), addedDelayMaxMs });
      if (decision.kind === "wait") this.#pumpAfter("delay", decision.delayMs);
      if (decision.kind !== "run") break;
      void this.#runBatch(child, this.#queue.take(decision.parts));
    }
    // While something waits, its time is looked after even if no process ever comes free.
    if (this.#queue.items > 0) this.#pumpAfter("sweep", SWEEP_MS);
    if (this.#isIdle()) for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  #pumpAfter(timer: "delay" | "sweep", delayMs: number): void {
    if (this.#timers.has(timer)) return;
    const handle = this.#env.timers.setTimeout(() => {
      this.#timers.delete(timer);
      this.#pump();
    }, delayMs);
    this.#timers.set(timer, handle);
  }

  #freeChild(): ChildProcess | undefined {
    const depth = this.#runMs > 0 && this.#runMs < PIPELINED_RUN_MS ? 2 : 1;
    let best: ChildProcess | undefined;
    for (const { child } of this.#slots) if (child !== undefined && child.running < (best?.running ?? depth)) best = child;
    return best;
  }

  async #runBatch(child: ChildProcess, parts: readonly Part[]): Promise<void> {
    const { model, signature, runBudgetMs, onEvent } = this.#options;
    const profile = this.#profiles.get(parts[0]?.profile ?? 0) as ProfileShapes;
    const inputs = parts.flatMap((part) => part.inputs);
    const startMs = this.#env.clock.monotonicMs();
    this.#batchesRunning += 1;
    try {
      const outputs = this.#believe(child, profile, inputs.length, await child.run(stack(signature, profile, inputs), runBudgetMs));
      answer(parts, outputs);
      const runMs = this.#env.clock.monotonicMs() - startMs;
      this.#runMs = this.#runMs === 0 ? runMs : this.#runMs + AVERAGE_WEIGHT * (runMs - this.#runMs);
      onEvent?.({ kind: "batch", model, profile: profile.id, items: inputs.length, runMs });
    } catch (error) {
      this.#refuseParts(parts, error);
    } finally {
      this.#batchesRunning -= 1;
      this.#planPump();
    }
  }

  /**
   * Where the runtime refuses a batch (an index beyond a table, say), one part may be to blame and the others must not suffer for it: each is run
   * again alone. A lost process fails them all; their callers may try again.
   */
  #refuseParts(parts: readonly Part[], error: unknown): void {
    if (error instanceof RunError && parts.length > 1) for (const part of parts) this.#queue.add({ ...part, alone: true });
    else for (const part of parts) part.reject(error);
  }

  /** Outputs of another shape than the profile's come from a process that is not to be trusted with more work. */
  #believe(child: ChildProcess, profile: ProfileShapes, count: number, outputs: readonly Tensor[]): Item[] {
    try {
      return unstack(this.#options.signature, profile, count, outputs);
    } catch (cause) {
      void child.stop();
      throw new ChildLostError({ model: this.#options.model, reason: "outputs are not those of the profile" }, { cause });
    }
  }

  #isIdle(): boolean {
    return this.#queue.items === 0 && this.#batchesRunning === 0;
  }
}

/** Gives every part its share of the batch's outputs. */
function answer(parts: readonly Part[], outputs: readonly Item[]): void {
  let start = 0;
  for (const part of parts) {
    part.resolve(outputs.slice(start, start + part.items));
    start += part.items;
  }
}
