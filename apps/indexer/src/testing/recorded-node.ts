import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One height as a node's RPC answers it: the results of `block` and `block_results`, as JSON text. */
export interface RecordedHeight {
  readonly block: string;
  readonly results: string;
}

export interface RecordedChain {
  readonly chainId: string;
  /** JSON text of the genesis document. */
  readonly genesis: string;
  /** From `initialHeight` on. */
  readonly heights: readonly RecordedHeight[];
  readonly initialHeight?: number;
}

const GENESIS_CHUNK_BYTES = 1_000;

/** A CometBFT node's RPC over HTTP that answers from a recording: as far as it was told to reveal it. */
export class RecordedNode {
  readonly #chain: RecordedChain;
  /** Heights below are pruned. */
  earliest: number;
  latest: number;
  /** The latest height's block is there, its results are not yet. */
  isLatestRun = true;
  requests = 0;
  #server: Server | undefined;
  #port = 0;

  constructor(chain: RecordedChain) {
    this.#chain = chain;
    this.earliest = chain.initialHeight ?? 1;
    this.latest = this.earliest + chain.heights.length - 1;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Listens, on the same port as before where there was one. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      void readBody(request).then((body) => {
        this.requests += 1;
        response.setHeader("content-type", "application/json").end(this.#answer(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  #answer(body: string): string {
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params?: Record<string, string> };
    const result = this.#result(method, params ?? {});
    return result.ok
      ? `{"jsonrpc":"2.0","id":${id},"result":${result.text}}`
      : JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32603, message: "Internal error", data: result.text } });
  }

  #result(method: string, params: Record<string, string>): { readonly ok: boolean; readonly text: string } {
    if (method === "status") return { ok: true, text: JSON.stringify(this.#status()) };
    if (method === "genesis_chunked") return { ok: true, text: this.#genesis(Number(params["chunk"])) };
    if (method !== "block" && method !== "block_results") return { ok: false, text: `no method ${method} in a recording` };
    const height = Number(params["height"]);
    if (height < this.earliest) return { ok: false, text: `height ${height} is not available, lowest height is ${this.earliest}` };
    if (height > this.latest)
      return { ok: false, text: `height ${height} must be less than or equal to the current blockchain height ${this.latest}` };
    const found = this.#chain.heights[height - (this.#chain.initialHeight ?? 1)];
    if (method === "block_results" && height === this.latest && !this.isLatestRun) {
      return { ok: false, text: `could not find results for height #${height}` };
    }
    return { ok: true, text: (method === "block" ? found?.block : found?.results) ?? "null" };
  }

  #genesis(chunk: number): string {
    const bytes = Buffer.from(this.#chain.genesis);
    const total = Math.ceil(bytes.length / GENESIS_CHUNK_BYTES);
    const data = bytes.subarray(chunk * GENESIS_CHUNK_BYTES, (chunk + 1) * GENESIS_CHUNK_BYTES).toString("base64");
    return JSON.stringify({ chunk: `${chunk}`, total: `${total}`, data });
  }

  #status() {
    const time = "2026-01-01T00:00:00Z";
    const hash = "00".repeat(32);
    const protocol = { p2p: "8", block: "11", app: "0" };
    const other = { tx_index: "on", rpc_address: "tcp://127.0.0.1:1" };
    const node = {
      protocol_version: protocol,
      id: "00".repeat(20),
      listen_addr: "tcp://127.0.0.1:1",
      network: this.#chain.chainId,
      version: "0.40.0",
      channels: "00",
    };
    const latest = { latest_block_hash: hash, latest_app_hash: hash, latest_block_height: `${this.latest}`, latest_block_time: time };
    const earliest = { earliest_block_hash: hash, earliest_app_hash: hash, earliest_block_height: `${this.earliest}`, earliest_block_time: time };
    const key = { type: "tendermint/PubKeyEd25519", value: Buffer.alloc(32, 1).toString("base64") };
    return {
      node_info: { ...node, moniker: "recorded", other },
      sync_info: { ...latest, ...earliest, catching_up: false },
      validator_info: { address: "00".repeat(20), pub_key: key, voting_power: "1" },
    };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}
