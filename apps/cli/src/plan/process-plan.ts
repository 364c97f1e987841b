import type { Signal } from "@lamina/primitives";

/** How the supervisor knows that a process serves. */
export type Readiness =
  /** An HTTP GET answers 200. */
  | { readonly kind: "http"; readonly url: string }
  /** Postgres answers `select 1`. */
  | { readonly kind: "postgres"; readonly urlFile: string }
  /** The node's RPC reports a committed height of at least one. */
  | { readonly kind: "chain"; readonly rpcUrl: string }
  /** Serves nobody: ready once it runs. */
  | { readonly kind: "running" };

/** Everything needed to run one process and to end it. Plain data: made by a pure planner, carried out by the supervisor. */
export interface ProcessPlan {
  /** Unique in its network; names its log. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment, but for the supervisor's mark. Holds no secret: those travel as `…_FILE` (threat model, defaults 5). */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** Loopback ports that it listens on; checked to be free before it starts. */
  readonly ports: readonly { readonly port: number; readonly purpose: string }[];
  readonly readiness: Readiness;
  readonly readyTimeoutMs: number;
  /** Started before this one and stopped after it. */
  readonly after: readonly string[];
  readonly stopSignal: Signal;
  /** How long it may take to end by itself. */
  readonly stopGraceMs: number;
}

/**
 * The processes in an order in which everyone comes after those it names, as given where nothing decides; `running` names those that serve already.
 * A ring or an unknown name is a bug.
 */
export function startOrder(plans: readonly ProcessPlan[], running: readonly string[] = []): ProcessPlan[] {
  const ordered: ProcessPlan[] = [];
  const waiting = [...plans];
  const started = new Set(running);
  while (waiting.length > 0) {
    const next = waiting.findIndex((plan) => plan.after.every((name) => started.has(name)));
    const plan = waiting[next];
    if (plan === undefined) throw new Error(`no process can start next: ${waiting.map((each) => each.name).join(", ")}`);
    waiting.splice(next, 1);
    started.add(plan.name);
    ordered.push(plan);
  }
  return ordered;
}
