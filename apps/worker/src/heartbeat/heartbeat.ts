import { create, toBinary } from "@bufbuild/protobuf";
import { type Bus, heartbeatSubject } from "@lamina/messaging";
import type { Env, PublicKey, TimerHandle } from "@lamina/primitives";
import { bus } from "@lamina/protocol";
import { askKey, type ChainFacts } from "../chain/chain-facts.ts";
import type { ServedModel } from "../models/served-model.ts";
import type { LatencyWindow } from "./latency-window.ts";

/** `catching_up`: alive, but not to be sent jobs now. */
export type WorkerMood = "serving" | "draining" | "catching_up";

export interface HeartbeatOptions {
  readonly workerId: string;
  readonly worker: PublicKey;
  readonly periodMs: number;
}

export interface HeartbeatDependencies {
  readonly env: Pick<Env, "clock" | "timers">;
  readonly bus: Pick<Bus, "notify" | "isConnected">;
  readonly facts: () => ChainFacts;
  readonly mood: () => WorkerMood;
  readonly models: readonly ServedModel[];
  readonly latencies: ReadonlyMap<string, LatencyWindow>;
}

/** Tells gateways, every second or so, that the worker lives, what it offers at which price, and how busy it is. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  readonly #deps: HeartbeatDependencies;
  #timer: TimerHandle | undefined;
  #sequence = 0n;

  constructor(options: HeartbeatOptions, dependencies: HeartbeatDependencies) {
    this.#options = options;
    this.#deps = dependencies;
  }

  start(): void {
    this.#timer = this.#deps.env.timers.setInterval(() => this.beat(), this.#options.periodMs);
    this.#timer.unref();
    this.beat();
  }

  stop(): void {
    if (this.#timer !== undefined) this.#deps.env.timers.clearInterval(this.#timer);
  }

  /** At once: where the mood has changed. */
  beat(): void {
    const { bus: messages, env, facts, mood } = this.#deps;
    if (!messages.isConnected) return;
    const { operator } = facts();
    this.#sequence += 1n;
    const heartbeat = create(bus.HeartbeatSchema, {
      worker: this.#options.worker,
      workerId: operator.id,
      sequence: this.#sequence,
      state: mood(),
      models: this.#deps.models.flatMap((model) => this.#loadOf(model)),
      region: operator.region,
      sentAtMs: BigInt(Math.floor(env.clock.nowMs())),
    });
    messages.notify(heartbeatSubject(this.#options.workerId), toBinary(bus.HeartbeatSchema, heartbeat));
  }

  /** Nothing of a model that the chain knows no price of. */
  #loadOf({ modelId, name, runner }: ServedModel): bus.ModelLoad[] {
    const unitPrice = this.#deps.facts().operator.asks.get(askKey(modelId));
    if (unitPrice === undefined) return [];
    const { itemsWaiting, sessionsReady } = runner.load();
    const latencyP50Ms = this.#deps.latencies.get(name)?.medianMs() ?? 0;
    return [create(bus.ModelLoadSchema, { modelId, waiting: itemsWaiting, latencyP50Ms, unitPrice, sessions: sessionsReady })];
  }
}
