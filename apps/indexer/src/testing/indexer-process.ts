import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const POLL_MS = 30;
const WAIT_MS = 90_000;

/** The indexer as its own process, from source. */
export class IndexerProcess {
  readonly exited: Promise<number | string>;
  readonly #child: ChildProcess;
  #output = "";

  constructor(variables: Readonly<Record<string, string>>, task?: string) {
    const args = ["--conditions=lamina-source", MAIN, ...(task === undefined ? [] : [task])];
    this.#child = spawn(process.execPath, args, { env: { PATH: process.env["PATH"] ?? "", ...variables }, stdio: ["ignore", "pipe", "inherit"] });
    this.#child.stdout?.on("data", (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
    this.exited = new Promise((resolve) => this.#child.once("close", (code, signal) => resolve(code ?? signal ?? "")));
  }

  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Where it answers queries; waits until it does. */
  async url(): Promise<string> {
    return this.#awaited("an address", async () => /"address":"(http:[^"]+)"/.exec(this.#output)?.[1]);
  }

  /** Waits until its index stands at `height`. */
  async awaitHeight(height: number): Promise<void> {
    const url = await this.url();
    await this.#awaited(`height ${height}`, async () => {
      const answer = await fetch(`${url}/index/v1/status`).catch(() => undefined);
      if (answer?.ok !== true) return undefined;
      const { height: found } = (await answer.json()) as { height: string };
      return BigInt(found) >= BigInt(height) ? true : undefined;
    });
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | string> {
    if (this.isRunning) this.#child.kill(signal);
    return this.exited;
  }

  async #awaited<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    for (let waitedMs = 0; waitedMs < WAIT_MS && this.isRunning; waitedMs += POLL_MS) {
      const found = await ask();
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`expected ${what} of the indexer, found after ${WAIT_MS} ms or its end: ${this.#output.slice(-2_000)}`);
  }
}
