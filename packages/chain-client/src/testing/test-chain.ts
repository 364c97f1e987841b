import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type ChainId, chainId } from "@lamina/primitives";
import type { ChainConnection } from "../account.ts";
import { connectChain } from "../cosmjs-adapter.ts";

const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));
const BINARY = join(REPOSITORY, "build", "bin", "laminad");
const PORTS_PER_NODE = 10;
const START_TIMEOUT_MS = 60_000;

export interface TestChainOptions {
  /** An empty folder that the caller removes. */
  readonly directory: string;
  readonly validators?: number;
  /** Balances at genesis. */
  readonly accounts?: readonly { readonly address: string; readonly ulam: bigint }[];
  /** Parameters other than the preset `minimal`, as `{"rollup": {...}}`. */
  readonly overrides?: object;
  readonly chainId?: string;
  /** Pause after each block. */
  readonly timeoutCommitMs?: number;
}

/** A real network of `laminad` on free loopback ports. Build it first (`build/bin/laminad`), or it is built here, which takes minutes. */
export class TestChain {
  readonly chainId: ChainId;
  readonly #network: string;
  readonly #portBase: number;
  readonly #nodes: (ChildProcess | undefined)[];

  private constructor(id: ChainId, network: string, portBase: number, validators: number) {
    this.chainId = id;
    this.#network = network;
    this.#portBase = portBase;
    this.#nodes = Array.from({ length: validators }, () => undefined);
  }

  static async start(options: TestChainOptions): Promise<TestChain> {
    const { directory, validators = 1, accounts = [], overrides, timeoutCommitMs = 100 } = options;
    const id = chainId(options.chainId ?? "lamina-dev-test");
    mkdirSync(directory, { recursive: true });
    const accountsFile = join(directory, "accounts.json");
    writeFileSync(accountsFile, JSON.stringify(accounts.map(({ address, ulam }) => ({ address, coins: `${ulam}ulam` }))));
    const overridesFile = join(directory, "overrides.json");
    writeFileSync(overridesFile, JSON.stringify(overrides ?? {}));
    const portBase = await freePortBase(validators);
    const network = join(directory, "network");
    const shape = ["--validators", `${validators}`, "--chain-id", id, "--port-base", `${portBase}`, "--timeout-commit", `${timeoutCommitMs}ms`];
    const files = ["--home-root", network, "--accounts", accountsFile, ...(overrides === undefined ? [] : ["--genesis-overrides", overridesFile])];
    execFileSync(binary(), ["devnet", "init", ...shape, ...files]);
    const chain = new TestChain(id, network, portBase, validators);
    for (let node = 0; node < validators; node++) chain.startNode(node);
    await chain.awaitHeight(1n);
    return chain;
  }

  rpcUrl(node = 0): string {
    return `http://127.0.0.1:${this.#portBase + PORTS_PER_NODE * node + 1}`;
  }

  connect(node = 0): Promise<ChainConnection> {
    return connectChain({ url: this.rpcUrl(node), chainId: this.chainId, timeoutMs: 5_000 });
  }

  startNode(node: number): void {
    const home = join(this.#network, `node${node}`);
    const log = openSync(join(this.#network, `node${node}.log`), "a");
    this.#nodes[node] = spawn(binary(), ["start", "--home", home], { stdio: ["ignore", log, log] });
  }

  /** Process ids of the nodes that run. */
  get pids(): number[] {
    return this.#nodes.flatMap((node) => node?.pid ?? []);
  }

  /** SIGKILL, and waits until it is gone. */
  async killNode(node: number): Promise<void> {
    const child = this.#nodes[node];
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    this.#nodes[node] = undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((_, node) => this.killNode(node)));
  }

  async awaitHeight(height: bigint): Promise<void> {
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += 50) {
      if ((await this.#height()) >= height) return;
      await sleep(50);
    }
    const log = readFileSync(join(this.#network, "node0.log"), "utf8").slice(-2_000);
    throw new Error(`no height ${height} within ${START_TIMEOUT_MS} ms; the node wrote: ${log}`);
  }

  async #height(): Promise<bigint> {
    try {
      return (await (await this.connect()).comet.status()).latestHeight;
    } catch {
      // Not up yet: the caller's time limit tells when that is too long.
      return 0n;
    }
  }
}

function binary(): string {
  if (!existsSync(BINARY)) {
    execFileSync("go", ["build", "-trimpath", "-o", BINARY, "./cmd/laminad"], { cwd: join(REPOSITORY, "chain"), stdio: "inherit" });
  }
  return BINARY;
}

async function freePortBase(nodes: number): Promise<number> {
  for (let base = 34_000 + (process.pid % 400) * 60; ; base = 34_000 + ((base + 60) % 24_000)) {
    const ports = Array.from({ length: PORTS_PER_NODE * nodes }, (_, at) => base + at);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
