import type { ProcessPlan } from "../plan/process-plan.ts";
import { startOrder } from "../plan/process-plan.ts";
import type { ProcessStatus, SuperviseDependencies, SuperviseOptions } from "./supervised-process.ts";
import { SupervisedProcess } from "./supervised-process.ts";

/** Runs planned processes: starts each once those before it serve, starts again what dies, and ends all in reverse. */
export class Supervisor {
  readonly #options: SuperviseOptions;
  readonly #dependencies: SuperviseDependencies;
  readonly #onChange: () => void;
  readonly #processes: SupervisedProcess[] = [];

  constructor(options: SuperviseOptions & { readonly onChange: () => void }, dependencies: SuperviseDependencies) {
    this.#options = options;
    this.#onChange = options.onChange;
    this.#dependencies = dependencies;
  }

  get statuses(): ProcessStatus[] {
    return this.#processes.map((each) => each.status);
  }

  /** Resolves once `plan` serves; throws `PROCESS_FAILED` where it will not. */
  async start(plan: ProcessPlan, signal: AbortSignal): Promise<void> {
    const { env, report } = this.#dependencies;
    const startedAt = env.clock.monotonicMs();
    const supervised = new SupervisedProcess(plan, this.#processes.length, this.#onChange, this.#options, this.#dependencies);
    this.#processes.push(supervised);
    await supervised.start(signal);
    report.progress(`${plan.name} ready in ${((env.clock.monotonicMs() - startedAt) / 1000).toFixed(1)} s`);
  }

  /** Starts all, each once those that it comes after serve; what does not depend on each other starts together. */
  async startAll(plans: readonly ProcessPlan[], signal: AbortSignal): Promise<void> {
    const starts = new Map<string, Promise<void>>();
    for (const plan of startOrder(plans, this.#names())) {
      const earlier = plan.after.map((name) => starts.get(name));
      starts.set(
        plan.name,
        Promise.all(earlier).then(() => this.start(plan, signal)),
      );
    }
    await Promise.all(starts.values());
  }

  /** Ends every process, each once those that came after it are gone; resolves when none is left. */
  async stop(): Promise<void> {
    const stops = new Map<string, Promise<void>>();
    for (const supervised of this.#processes.toReversed()) {
      const { name } = supervised.plan;
      const later = this.#processes.filter(({ plan }) => plan.after.includes(name)).map(({ plan }) => stops.get(plan.name));
      stops.set(
        name,
        Promise.all(later).then(() => supervised.stop()),
      );
    }
    await Promise.all(stops.values());
  }

  #names(): string[] {
    return this.#processes.map(({ plan }) => plan.name);
  }
}
