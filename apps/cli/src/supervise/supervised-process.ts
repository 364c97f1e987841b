import type { ChildExit, ChildHandle, Env } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import { identify } from "../host/process-identity.ts";
import type { Signals } from "../host/signals.ts";
import type { ProcessPlan } from "../plan/process-plan.ts";
import type { Reporter } from "../reporter.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { lastWords } from "./last-words.ts";
import { lastLines } from "./log-tail.ts";
import { processMarks } from "./own-processes.ts";
import { removeProcessRecord, writeProcessRecord } from "./process-record.ts";
import { isReady } from "./readiness.ts";
import { reap } from "./reap.ts";
import type { RestartState } from "./restart-policy.ts";
import { afterExit, START_ATTEMPTS_MAX } from "./restart-policy.ts";
import { RotatingLog } from "./rotating-log.ts";

const READY_POLL_MS = 100;
/** Runtimes print some lines of their own after a program's. */
const LAST_LINES = 20;

export interface SuperviseOptions {
  readonly folder: StateFolder;
  readonly networkId: string;
}

export interface SuperviseDependencies {
  readonly env: Env;
  readonly signals: Signals;
  readonly report: Reporter;
  readonly databaseAnswers: (url: string) => Promise<boolean>;
}

export type ProcessState = "starting" | "ready" | "waiting to restart" | "stopped";

export interface ProcessStatus {
  readonly name: string;
  readonly state: ProcessState;
  readonly pid: number | undefined;
  readonly restarts: number;
  readonly lastExit: string | undefined;
}

/** One planned process, kept running until it is stopped. */
export class SupervisedProcess {
  readonly plan: ProcessPlan;
  readonly #options: SuperviseOptions;
  readonly #dependencies: SuperviseDependencies;
  readonly #order: number;
  readonly #onChange: () => void;
  readonly #log: RotatingLog;
  readonly #stopping = new AbortController();
  #child: ChildHandle | undefined;
  #state: ProcessState = "starting";
  #exits = 0;
  #lastExit: string | undefined;
  #loop: Promise<void> | undefined;

  constructor(plan: ProcessPlan, order: number, onChange: () => void, options: SuperviseOptions, dependencies: SuperviseDependencies) {
    this.plan = plan;
    this.#order = order;
    this.#onChange = onChange;
    this.#options = options;
    this.#dependencies = dependencies;
    this.#log = new RotatingLog({ path: options.folder.logFile(plan.name) }, dependencies);
  }

  get status(): ProcessStatus {
    const pid = this.#state === "starting" || this.#state === "ready" ? this.#child?.pid : undefined;
    return { name: this.plan.name, state: this.#state, pid, restarts: this.#exits, lastExit: this.#lastExit };
  }

  /** Starts it and resolves once it serves; throws `PROCESS_FAILED` where it dies too often first, or takes too long. Stays started either way. */
  async start(signal: AbortSignal): Promise<void> {
    const { env } = this.#dependencies;
    const deadline = env.clock.monotonicMs() + this.plan.readyTimeoutMs;
    this.#loop = this.#keepRunning();
    while (this.#state !== "ready") {
      signal.throwIfAborted();
      if (this.#exits >= START_ATTEMPTS_MAX) throw await this.#failed(`ended ${this.#exits} times before it served (${this.#lastExit})`);
      if (env.clock.monotonicMs() > deadline) throw await this.#failed(`did not serve within ${this.plan.readyTimeoutMs / 1000} s`);
      await env.timers.sleep(READY_POLL_MS, signal);
    }
  }

  /** Asks it to end, kills it and all that descends from it after its grace, and resolves when none is left. */
  async stop(): Promise<void> {
    const { env, signals } = this.#dependencies;
    if (this.#stopping.signal.aborted) return this.#loop;
    this.#stopping.abort(new Error("stopping"));
    const pid = this.#child?.pid;
    if (pid !== undefined) signals.send(pid, this.plan.stopSignal);
    const timer = env.timers.setTimeout(() => void this.#child?.kill("SIGKILL"), this.plan.stopGraceMs);
    await this.#loop;
    env.timers.clearTimeout(timer);
    await this.#log.close();
    this.#enter("stopped");
  }

  async #keepRunning(): Promise<void> {
    const { env, report } = this.#dependencies;
    let restarts: RestartState = { failures: 0 };
    while (!this.#stopping.signal.aborted) {
      const startedAt = env.clock.monotonicMs();
      this.#enter("starting");
      const exit = await this.#runOnce();
      if (this.#stopping.signal.aborted) return;
      this.#exits++;
      this.#lastExit = describeExit(exit);
      const { waitMs, next } = afterExit(restarts, env.clock.monotonicMs() - startedAt);
      restarts = next;
      this.#enter("waiting to restart");
      report.progress(`${this.plan.name} ended (${this.#lastExit}): starting it again in ${waitMs} ms`);
      await env.timers.sleep(waitMs, this.#stopping.signal).catch(() => undefined);
    }
  }

  async #runOnce(): Promise<ChildExit> {
    const { env } = this.#dependencies;
    const { folder, networkId } = this.#options;
    const { command, args, cwd, runAs, name } = this.plan;
    const child = env.spawn(command, args, {
      env: { ...this.plan.env, ...processMarks(networkId, name) },
      cwd,
      stdio: { stdin: "ignore" },
      // Its own session: Ctrl-C reaches the supervisor alone, which then ends everything in order; and what it starts can be told by the session.
      detached: true,
      ...(runAs ?? {}),
    });
    this.#child = child;
    // First of all: Node throws away what an ended child had said, unless somebody reads already.
    const logs = [this.#pump(child.stdout), this.#pump(child.stderr)];
    await this.#record(child);
    const watch = new AbortController();
    const readiness = this.#watchReadiness(watch.signal);
    const exit = await child.exited;
    watch.abort(new Error("ended"));
    await readiness;
    this.#child = undefined;
    // What it leaves behind would hold its ports and files against its successor, and its log pipes against us.
    await reap(this.#dependencies, folder, networkId, name);
    await Promise.all(logs);
    await removeProcessRecord(env, folder, name);
    return exit;
  }

  async #record(child: ChildHandle): Promise<void> {
    if (child.pid === undefined) return;
    const { env } = this.#dependencies;
    const identity = await identify(env, child.pid);
    if (identity === undefined) return;
    const { name, stopSignal, stopGraceMs } = this.plan;
    await writeProcessRecord(env, this.#options.folder, { name, identity, stopSignal, stopGraceMs, order: this.#order });
    this.#onChange();
  }

  async #watchReadiness(signal: AbortSignal): Promise<void> {
    const { env } = this.#dependencies;
    while (!signal.aborted) {
      if (await isReady(this.plan.readiness, this.#dependencies)) {
        if (!signal.aborted) this.#enter("ready");
        return;
      }
      await env.timers.sleep(READY_POLL_MS, signal).catch(() => undefined);
    }
  }

  async #pump(stream: AsyncIterable<Uint8Array> | undefined): Promise<void> {
    if (stream === undefined) return;
    let failed = false;
    for await (const chunk of stream) {
      try {
        await this.#log.append(chunk);
      } catch (error) {
        // The process goes on without its log rather than stand still behind a full pipe; its user is told once.
        if (!failed)
          this.#dependencies.report.progress(`cannot write the log of ${this.plan.name}: ${error instanceof Error ? error.message : error}`);
        failed = true;
      }
    }
  }

  #enter(state: ProcessState): void {
    this.#state = state;
    this.#onChange();
  }

  async #failed(problem: string): Promise<CliError> {
    const last = lastWords(await lastLines(this.#dependencies.env, this.#options.folder.logFile(this.plan.name), LAST_LINES));
    const said = last === undefined ? "it said nothing" : `it said last: ${last}`;
    return new CliError("PROCESS_FAILED", `${this.plan.name} ${problem}; ${said}`, `See ./lamina logs ${this.plan.name}.`);
  }
}

function describeExit(exit: ChildExit): string {
  if (exit.error !== undefined) return exit.error.message;
  return exit.signal === null ? `exit code ${exit.code}` : exit.signal;
}
