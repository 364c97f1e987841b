import type { ModelLimits } from "@lamina/onnx";
import type { ChildProgram } from "./child-command.ts";
import type { Provider } from "./runtime.ts";
import type { ModelSignature } from "./signature.ts";

export interface ModelHostOptions {
  /** Its name, for messages. */
  readonly model: string;
  readonly signature: ModelSignature;
  /** Reads the ONNX file, and checks it against its digest: called at every load, so that nothing large is kept (T25). */
  readonly readGraph: () => Promise<Uint8Array>;
  readonly provider: Provider;
  /** Processes; each runs one batch at a time on one thread. */
  readonly sessions: number;
  readonly program: ChildProgram;
  /** An empty read-only folder, made where it is missing. */
  readonly emptyFolder: string;
  /** Most items in one run at a profile; fewer run together where the model's cost makes that many slow. */
  readonly itemsMax: (profile: number) => number;
  /** Longest that a free process waits for more requests to join; 0 for none. */
  readonly addedDelayMaxMs: number;
  readonly queueItemsMax: number;
  /** Longest that one batch may run; then its process is killed. */
  readonly runBudgetMs: number;
  readonly loadBudgetMs: number;
  /** What the gate allows; its defaults where not given. */
  readonly modelLimits?: ModelLimits;
  /** True only where a test shows that confinement holds by itself: then the runtime gets files that the gate would refuse. */
  readonly withoutGate?: boolean;
  /** Environment of the processes: empty but for crash points in tests. */
  readonly childEnv?: Readonly<Record<string, string>>;
  readonly onEvent?: (event: HostEvent) => void;
}

export type HostEvent =
  | { readonly kind: "child-ready"; readonly model: string; readonly pid: number | undefined; readonly loadMs: number }
  | { readonly kind: "child-lost"; readonly model: string; readonly error: Error; readonly restartInMs: number }
  | { readonly kind: "batch"; readonly model: string; readonly profile: number; readonly items: number; readonly runMs: number };

export interface RunOptions {
  /** Longest wait for a process; the run itself has its own budget beside. The host's run budget where not given. */
  readonly waitBudgetMs?: number;
  /** Gives up waiting, or the answer, of a request nobody wants any more. */
  readonly signal?: AbortSignal;
}

export interface HostLoad {
  readonly sessionsReady: number;
  readonly sessions: number;
  readonly itemsWaiting: number;
  readonly batchesRunning: number;
  /** Moving average of one batch, milliseconds; 0 before the first. */
  readonly runMs: number;
}
