import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeEd25519Signer, nodeEnv } from "@lamina/primitives/node";
import { noopLogger } from "@lamina/telemetry";
import { expect, test } from "vitest";
import { accountAddress, ChainReader, connectChain, deposit, openLane, TX_SENDER_DEFAULTS, TxSender } from "./index.ts";
import { TestChain } from "./testing/index.ts";

test("the example of the README runs as it stands there", async () => {
  const directory = mkdtempSync(join(tmpdir(), "lamina-readme-"));
  const env = nodeEnv();
  const privateKey = env.random.bytes(32);
  const spender = nodeEd25519Signer(env.random.bytes(32));
  const accounts = [{ address: await accountAddress(privateKey), ulam: 10_000_000n }];
  const chain = await TestChain.start({ directory, accounts });
  const { chainId } = chain;
  const url = chain.rpcUrl();
  try {
    // example
    const connection = await connectChain({ url, chainId, timeoutMs: 5_000 });
    const reader = new ChainReader(connection.comet);
    const account = await connection.account(privateKey);
    const sender = new TxSender(TX_SENDER_DEFAULTS, { env, comet: connection.comet, account, logger: noopLogger });
    await deposit(sender, 1_000_000n);
    const height = await reader.height();
    const lane = await openLane(sender, { chainId, height }, { spender, limitUlam: 900_000n, endHeight: height + 5_000n, models: [], levels: [1] });
    // end
    expect((await reader.lane(lane))?.balance).toBe("900000");
  } finally {
    await chain.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  const source = await readFile(fileURLToPath(import.meta.url), "utf8");
  const example = /\/\/ example\n([\s\S]*?) {4}\/\/ end/.exec(source)?.[1] ?? "";
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  expect(readme).toContain(example.replace(/^ {4}/gm, ""));
});
