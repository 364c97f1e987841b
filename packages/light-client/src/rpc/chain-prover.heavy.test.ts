import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { concatBytes, decodeUtf8, encodeUtf8 } from "@lamina/primitives";
import { vectorsFolder } from "@lamina/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeProofProblem } from "../store-proof.ts";
import { timestampFromMs } from "../timestamp.ts";
import { verifyTrustPath } from "../trust-path.ts";
import { ChainProver, type RpcCall } from "./chain-prover.ts";

const root = dirname(dirname(vectorsFolder()));
const home = mkdtempSync(join(tmpdir(), "lamina-light-client-"));
const laminad = join(home, "laminad");
const nodes: ChildProcess[] = [];
let call: RpcCall;

/** A free run of ports for `count` nodes, ten each, as `devnet init` lays them out. */
async function freePortBase(count: number): Promise<number> {
  for (let base = 30_000 + (process.pid % 500) * 50; ; base = 30_000 + ((base + 100) % 30_000)) {
    const ports = Array.from({ length: 10 * count }, (_, at) => base + at);
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function rpcOf(url: string): RpcCall {
  return async (method, params) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answer = (await response.json()) as { result?: unknown; error?: unknown };
    if (answer.error !== undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  };
}

beforeAll(async () => {
  const built = join(root, "build", "bin", "laminad");
  if (existsSync(built)) execFileSync("cp", [built, laminad]);
  else execFileSync("go", ["build", "-o", laminad, "./cmd/laminad"], { cwd: join(root, "chain"), stdio: "inherit" });
  const base = await freePortBase(4);
  const network = join(home, "network");
  execFileSync(laminad, ["devnet", "init", "--home-root", network, "--validators", "4", "--port-base", String(base)]);
  for (let at = 0; at < 4; at += 1) nodes.push(spawn(laminad, ["start", "--home", join(network, `node${at}`)], { stdio: "ignore" }));
  call = rpcOf(`http://127.0.0.1:${base + 1}`);
}, 900_000);

afterAll(async () => {
  const ended = nodes.map((node) => new Promise((resolve) => node.once("exit", resolve)));
  for (const node of nodes) node.kill("SIGKILL");
  await Promise.all(ended);
  rmSync(home, { recursive: true });
});

async function heightReached(prover: ChainProver, height: bigint): Promise<bigint> {
  for (;;) {
    const reached = await prover.latestHeight().catch(() => 0n);
    if (reached >= height) return reached;
    await sleep(200);
  }
}

describe("laminad with four validators", () => {
  test("what its bank holds is proved from a checkpoint at height 2", { timeout: 120_000 }, async () => {
    const prover = new ChainProver(call);
    const height = await heightReached(prover, 12n);
    const checkpoint = await prover.checkpoint(2n, 3600n);
    const key = concatBytes(Uint8Array.of(0), encodeUtf8("ulam"));
    const proved = await prover.prove(checkpoint, "bank", key, height - 1n);
    if (proved === undefined) throw new Error("the bank keeps the supply of ulam");
    const verdict = verifyTrustPath(checkpoint, proved.chain.path, timestampFromMs(Date.now()));
    if (verdict.kind === "refused") throw new Error(verdict.reason);
    expect(verdict.header.height).toBe(height);
    expect(proved.chain.path[0]?.commit.signatures).toHaveLength(3);
    expect(BigInt(decodeUtf8(proved.value))).toBeGreaterThan(0n);
    const claim = { store: "bank", key, value: proved.value, appHash: verdict.header.appHash };
    expect(storeProofProblem(claim, proved.chain.storeProof)).toBeUndefined();
    expect(storeProofProblem({ ...claim, store: "staking" }, proved.chain.storeProof)).toContain("another store");
  });
});
