import { readFileSync } from "node:fs";
import { ChainProver } from "@lamina/light-client";
import { connectNatsBus } from "@lamina/messaging";
import { loadManifest, MODEL_NAMES } from "@lamina/models";
import { fromHex, publicKey } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { jsonLogger } from "@lamina/telemetry";
import { prometheusMetrics } from "@lamina/telemetry/prometheus";
import { readConfig } from "../config.ts";
import { SpenderKeys } from "../jobs/spender-keys.ts";
import { readSecrets } from "../read-secrets.ts";
import { readSecretText } from "../secret-file.ts";
import { startGateway } from "../service.ts";
import { TestChain } from "./test-chain.ts";

/** What the chain of a gateway in its own process holds. */
export interface ChainFile {
  readonly workers: readonly { readonly signingKey: string; readonly offers: readonly (readonly [string, string])[] }[];
  readonly lanes: readonly { readonly id: string; readonly spenderKey: string }[];
}

/** The real gateway in a process of its own, so that it can be killed; only its chain is a file. Prints its ports as one JSON line. */
async function main(): Promise<void> {
  const env = nodeEnv();
  const config = readConfig(process.env);
  const chain = new TestChain();
  for (const name of MODEL_NAMES) chain.addModel(await loadManifest(name, env.files));
  const read = () => JSON.parse(readFileSync(process.env["TEST_CHAIN_FILE"] ?? "", "utf8")) as ChainFile;
  const load = () => {
    const file = read();
    chain.workers.length = 0;
    file.workers.forEach(({ signingKey, offers }, index) => {
      chain.addWorker(BigInt(index + 1), publicKey(fromHex(signingKey)), new Map(offers.map(([id, price]) => [id, BigInt(price)])));
    });
    for (const { id, spenderKey } of file.lanes) chain.addLane(BigInt(id), publicKey(fromHex(spenderKey)), 9_000_000_000_000n);
  };
  load();
  setInterval(load, 500).unref();
  const seed = await readSecretText(env.files, config.NATS_SEED_FILE);
  const jwt = readFileSync(config.NATS_USER_JWT_FILE, "utf8");
  const logger = jsonLogger({ level: config.LOG_LEVEL }, { clock: env.clock, write: (line) => void process.stderr.write(line) });
  const bus = await connectNatsBus(
    { peer: { role: "gateway", id: config.GATEWAY_ID }, servers: config.NATS_URL, credentials: { userJwt: () => jwt, seed } },
    { env, onFault: (what, error) => logger.error(what, { error }) },
  );
  const gateway = await startGateway(config, {
    env,
    bus,
    chain,
    settlement: {
      committedBlock: (height) => chain.committedBlock(height),
      prover: new ChainProver((method) => Promise.reject(new Error(`no ${method}`))),
    },
    checkpoint: undefined,
    spenders: await SpenderKeys.load(env.files, config.GATEWAY_SPENDER_KEY_FILES),
    secrets: await readSecrets(env.files, config),
    metrics: prometheusMetrics({ collectProcess: true }),
    logger,
    version: "test",
  });
  process.stdout.write(`${JSON.stringify({ port: gateway.port, adminPort: gateway.adminPort })}\n`);
  process.once("SIGTERM", () => void gateway.stop().then(() => bus.drain()));
}

await main();
