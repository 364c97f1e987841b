import { BaseError, backoffMs, type Env, FileError, toHex } from "@lamina/primitives";
import type { Counter, Logger, Metrics } from "@lamina/telemetry";
import type { SequencerChain } from "../chain-port.ts";
import { pause } from "../chain-view.ts";
import { decodeFault, encodeFault, type HeadFault } from "./head-fault.ts";

export interface FaultReporterOptions {
  /** Holds one file for each worker at fault: its evidence, and by its ending what became of it. */
  readonly directory: string;
  readonly retryDelayMs: number;
  readonly retryDelayMaxMs: number;
}

export interface FaultReporterDependencies {
  readonly env: Pick<Env, "files" | "timers" | "random" | "step">;
  readonly chain: Pick<SequencerChain, "reportHeadFault">;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What was kept as evidence does not read as such. */
export class EvidenceError extends BaseError<"EVIDENCE"> {
  readonly details: { readonly path: string };
  constructor(path: string, options?: ErrorOptions) {
    super("EVIDENCE", `evidence ${path}: expected two signed heads, found bytes that are none`, options);
    this.details = { path };
  }
}

/** `pending`: the chain is to be told. `closed`: it judged, or refused for good. */
const FILE_NAME = /^([0-9a-f]{64})\.(pending|closed)$/;

/**
 * Keeps the evidence of heads that contradict each other on the disk before anything else comes of it, and tells the chain once for each key (T29).
 * A crash between the report and its note costs a question: the chain judges a key once.
 */
export class FaultReporter {
  readonly #options: FaultReporterOptions;
  readonly #deps: FaultReporterDependencies;
  readonly #known = new Set<string>();
  readonly #pending = new Map<string, HeadFault>();
  readonly #reports: Counter;
  #wake: AbortController | undefined;

  private constructor(options: FaultReporterOptions, dependencies: FaultReporterDependencies) {
    this.#options = options;
    this.#deps = dependencies;
    const help = "Workers that signed two heads of one count, by what became of the report";
    this.#reports = dependencies.metrics.counter({ name: "lamina_sequencer_head_faults_total", help, labelNames: ["outcome"] });
  }

  /** Reads what is there. Throws `EvidenceError` for a file that does not read as evidence. */
  static async open(options: FaultReporterOptions, dependencies: FaultReporterDependencies): Promise<FaultReporter> {
    const reporter = new FaultReporter(options, dependencies);
    const { files } = dependencies.env;
    await files.mkdir(options.directory);
    for (const name of await files.readdir(options.directory)) {
      const [, worker, state] = FILE_NAME.exec(name) ?? [];
      if (worker === undefined) continue;
      reporter.#known.add(worker);
      if (state === "pending") reporter.#pending.set(worker, await readFault(files, `${options.directory}/${name}`));
    }
    return reporter;
  }

  /** Resolves once the evidence is on the disk. One fault convicts a key for ever, so a second of the same worker adds nothing. */
  async note(fault: HeadFault): Promise<void> {
    const worker = toHex(fault.log.worker);
    if (this.#known.has(worker)) return;
    this.#known.add(worker);
    try {
      await this.#deps.env.files.writeFileAtomic(this.#path(worker, "pending"), encodeFault(fault));
    } catch (error) {
      this.#known.delete(worker);
      throw error;
    }
    await this.#deps.env.step("sequencer.fault-noted");
    this.#deps.logger.error("worker signed two heads of one count", { worker, count: fault.count });
    this.#pending.set(worker, fault);
    this.#wake?.abort();
  }

  /** Tells the chain of what is noted until `signal` aborts. Throws `FileError`. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        for (const [worker, fault] of this.#pending) await this.#report(worker, fault, signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        // Without a disk to write down what became of it nothing may go on; anything else is worth another try.
        if (error instanceof FileError) throw error;
        failures += 1;
        this.#deps.logger.warn("head fault could not be reported yet", { failures, error });
      }
      await this.#rest(failures, signal);
    }
  }

  async #report(worker: string, fault: HeadFault, signal: AbortSignal): Promise<void> {
    const outcome = await this.#deps.chain.reportHeadFault(fault, signal);
    await this.#deps.env.step("sequencer.fault-answered");
    this.#reports.increment({ outcome: outcome.kind });
    this.#deps.logger[outcome.kind === "refused" ? "error" : "info"]("head fault reported", { worker, ...outcome });
    await this.#deps.env.files.rename(this.#path(worker, "pending"), this.#path(worker, "closed"));
    this.#pending.delete(worker);
  }

  async #rest(failures: number, signal: AbortSignal): Promise<void> {
    const { retryDelayMs, retryDelayMaxMs } = this.#options;
    if (failures === 0 && this.#pending.size > 0) return;
    this.#wake = new AbortController();
    const waitMs = failures === 0 ? retryDelayMaxMs : backoffMs(this.#deps.env, { baseDelayMs: retryDelayMs, maxDelayMs: retryDelayMaxMs }, failures);
    await pause(this.#deps.env, waitMs, AbortSignal.any([signal, this.#wake.signal]));
    this.#wake = undefined;
  }

  #path(worker: string, state: "pending" | "closed"): string {
    return `${this.#options.directory}/${worker}.${state}`;
  }
}

async function readFault(files: Env["files"], path: string): Promise<HeadFault> {
  const bytes = await files.readFile(path);
  try {
    return decodeFault(bytes);
  } catch (cause) {
    throw new EvidenceError(path, { cause });
  }
}
