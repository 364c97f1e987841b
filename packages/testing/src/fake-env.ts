import type { Env, ProcessSpawner } from "@lamina/primitives";
import { FakeFiles } from "./fake-files.ts";
import { FakeTime } from "./fake-time.ts";
import { SeededRng } from "./seeded-rng.ts";

/** 2026-01-01T00:00:00Z. */
const DEFAULT_START_MS = 1_767_225_600_000;

export interface FakeEnvOptions {
  readonly startMs?: number;
  /** What `env.fetch` does; it throws where not given. */
  readonly fetch?: typeof fetch;
  /** What `env.spawn` does; it throws where not given. */
  readonly spawn?: ProcessSpawner;
  /** Called at each `env.step`; throw here to play a crash at that place. */
  readonly onStep?: (name: string, passing: number) => void | Promise<void>;
}

export interface FakeEnv extends Env {
  readonly files: FakeFiles;
  readonly time: FakeTime;
  readonly rng: SeededRng;
  /** Names of the steps passed so far, in order. */
  readonly steps: readonly string[];
  /** Moves the fake time; see `FakeTime.advance`. */
  advance(durationMs: number): Promise<void>;
}

/** An Env without a world: time that is moved by hand, seeded bytes, files in memory. The same seed gives the same run. */
export function fakeEnv(seed: bigint | number, options: FakeEnvOptions = {}): FakeEnv {
  const time = new FakeTime(options.startMs ?? DEFAULT_START_MS);
  const rng = new SeededRng(seed);
  const steps: string[] = [];
  return {
    time,
    rng,
    steps,
    clock: time.clock,
    timers: time.timers,
    random: { bytes: (count) => rng.bytes(count) },
    files: new FakeFiles(time.clock.nowMs),
    fetch: options.fetch ?? refuse("fetch"),
    spawn: options.spawn ?? refuse("spawn"),
    step: (name) => {
      steps.push(name);
      return options.onStep?.(name, steps.filter((each) => each === name).length);
    },
    advance: (durationMs) => time.advance(durationMs),
  };
}

function refuse(what: "fetch" | "spawn"): () => never {
  return () => {
    throw new Error(`this fake Env was made without ${what}: pass one in its options`);
  };
}
