import type { PublicKey } from "@lamina/primitives";

/** What is known of a worker that serves a model now. */
export interface WorkerLoad {
  readonly name: string;
  readonly signingKey: PublicKey;
  /** Ulam per unit. */
  readonly unitPrice: bigint;
  /** Of one answer; 0 where nobody measured it yet. */
  readonly latencyMs: number;
  readonly waiting: number;
  readonly sessions: number;
}

/** Below this, differences of latency are noise. */
const LATENCY_FLOOR_MS = 1;

/**
 * The worker with the least expected wait times price; of equals each in its turn. A worker of twice the price is picked while the cheaper one would
 * take twice as long.
 */
export function chooseWorker(candidates: readonly WorkerLoad[], turn: number): WorkerLoad | undefined {
  const scored = candidates.map((worker) => ({ worker, score: scoreOf(worker) }));
  const best = Math.min(...scored.map(({ score }) => score));
  const equals = scored.filter(({ score }) => score === best);
  return equals[turn % Math.max(1, equals.length)]?.worker;
}

function scoreOf({ latencyMs, waiting, sessions, unitPrice }: WorkerLoad): number {
  return Math.max(LATENCY_FLOOR_MS, latencyMs) * (1 + waiting / sessions) * (1 + Number(unitPrice));
}
