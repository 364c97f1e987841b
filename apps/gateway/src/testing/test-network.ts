import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ChainUnreachableError } from "@lamina/chain-client";
import { elementBytes, type Item, type Manifest } from "@lamina/codec";
import { closeSql, connectSql, prepareRoles, urlOfRole } from "@lamina/db";
import { TestPostgres } from "@lamina/db/testing";
import { ChainProver } from "@lamina/light-client";
import type { Bus } from "@lamina/messaging";
import { TestNats } from "@lamina/messaging/testing";
import { buildModel, MODEL_NAMES } from "@lamina/models";
import { chainId, fromHex, type PublicKey, toHex } from "@lamina/primitives";
import { nodeEd25519Signer, nodeEnv } from "@lamina/primitives/node";
import { prometheusMetrics } from "@lamina/telemetry/prometheus";
import { recordingLogger } from "@lamina/telemetry/testing";
import { readConfig } from "../config.ts";
import { SpenderKeys } from "../jobs/spender-keys.ts";
import { readSecrets } from "../read-secrets.ts";
import { type Gateway, startGateway } from "../service.ts";
import type { ChainFile } from "./gateway-process.ts";
import { type GatewayProcess, spawnGatewayProcess } from "./spawn-gateway.ts";
import { TestChain } from "./test-chain.ts";
import { type ServedTestModel, TestWorker } from "./test-worker.ts";

export const CHAIN_ID = chainId("lamina-test-1");
const SPENDER_SEED = "11".repeat(32);
const PASSWORDS = { gateway: "gateway", indexer: "indexer", reader: "reader" };
/** Where `./lamina up` keeps them too. */
const MODELS_FOLDER = fileURLToPath(new URL("../../../../models-cache", import.meta.url));

/** Real NATS and Postgres, a gateway in this process, workers that sign real rows, and a chain in memory. */
export class TestNetwork {
  readonly chain = new TestChain();
  readonly logger = recordingLogger();
  readonly workers: TestWorker[] = [];
  readonly manifests = new Map<string, Manifest>();
  readonly env = nodeEnv();
  readonly directory: string;
  readonly nats: TestNats;
  readonly postgres: TestPostgres;
  readonly databaseUrl: string;
  readonly spenders: SpenderKeys;
  readonly #buses: Bus[] = [];
  readonly #busOf = new Map<Gateway, Bus>();
  #gateways: Gateway[] = [];
  #environment: Record<string, string> = {};

  private constructor(parts: { directory: string; nats: TestNats; postgres: TestPostgres; databaseUrl: string; spenders: SpenderKeys }) {
    this.directory = parts.directory;
    this.nats = parts.nats;
    this.postgres = parts.postgres;
    this.databaseUrl = parts.databaseUrl;
    this.spenders = parts.spenders;
  }

  static async start(): Promise<TestNetwork> {
    const env = nodeEnv();
    const directory = await mkdtemp(join(tmpdir(), "lamina-gateway-"));
    const [nats, postgres] = await Promise.all([TestNats.start(env, directory), TestPostgres.start()]);
    await nats.setUpStreams([]);
    const keyFile = join(directory, "spender.key");
    await writeFile(keyFile, SPENDER_SEED, { mode: 0o600 });
    const spenders = await SpenderKeys.load(env.files, [keyFile]);
    const network = new TestNetwork({ directory, nats, postgres, databaseUrl: await postgres.createDatabase(), spenders });
    for (const name of MODEL_NAMES) {
      // The gateway reads tokenizers; a fresh checkout has to make those that are too large to be committed.
      const { manifest } = await buildModel(name, { cacheDir: MODELS_FOLDER, env, processEnv: process.env as Record<string, string> });
      network.manifests.set(network.chain.addModel(manifest), manifest);
    }
    network.chain.addLane(1n, network.spenderKey);
    network.chain.addLane(2n, network.spenderKey);
    const owner = connectSql(network.databaseUrl, { name: "setup", connectionsMax: 1 });
    await prepareRoles(owner, PASSWORDS);
    await closeSql(owner);
    await network.#writeSecrets(keyFile);
    return network;
  }

  get spenderKey(): PublicKey {
    const [id = ""] = this.spenders.ids;
    return fromHex(id) as PublicKey;
  }

  get url(): string {
    return `http://127.0.0.1:${this.gateway.port}`;
  }

  /** Of all gateways that run here. */
  get urls(): string[] {
    return this.#gateways.map(({ port }) => `http://127.0.0.1:${port}`);
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.gateway.adminPort}`;
  }

  get gateway(): Gateway {
    const last = this.#gateways.at(-1);
    if (last === undefined) throw new Error("no gateway was started");
    return last;
  }

  get environment(): Readonly<Record<string, string>> {
    return this.#environment;
  }

  /** A gateway in this process; `overrides` are variables of its environment. */
  async startGateway(overrides: Readonly<Record<string, string>> = {}): Promise<Gateway> {
    const config = readConfig({ ...this.#environment, ...overrides });
    const bus = await this.connect({ role: "gateway", id: `gateway-${this.#gateways.length}`, spenderIds: this.spenders.ids });
    const gateway = await startGateway(config, {
      env: this.env,
      bus,
      chain: this.chain,
      settlement: {
        committedBlock: (height) => this.chain.committedBlock(height),
        prover: new ChainProver((method) =>
          Promise.reject(new ChainUnreachableError({ operation: method, url: "test", reason: "there is no node" })),
        ),
      },
      checkpoint: undefined,
      spenders: this.spenders,
      secrets: await readSecrets(this.env.files, config),
      metrics: prometheusMetrics(),
      logger: this.logger,
      version: "test",
    });
    this.#gateways.push(gateway);
    this.#busOf.set(gateway, bus);
    await this.heard();
    return gateway;
  }

  /**
   * Resolves once every gateway here has taken a heartbeat that each worker sent after this was called. No time is guessed: what a connection sent
   * before a ping is at the server when the pong comes, and what the server sent before the pong was taken.
   */
  async heard(): Promise<void> {
    const listening = this.#gateways.flatMap((gateway) => this.#busOf.get(gateway) ?? []);
    await Promise.all(listening.map((bus) => bus.flush()));
    await Promise.all(this.workers.map((worker) => worker.beatNow()));
    await Promise.all(listening.map((bus) => bus.flush()));
  }

  /** A bonded worker that serves all models and beats. */
  async addWorker(options: { readonly unitPrice?: bigint; readonly models?: readonly ServedTestModel[] } = {}): Promise<TestWorker> {
    const seed = this.env.random.bytes(32);
    const models = options.models ?? [...this.manifests].map(([id, manifest]) => constantModel(id, manifest, options.unitPrice ?? 3n));
    const id = toHex(nodeEd25519Signer(seed).publicKey);
    const bus = await this.connect({ role: "worker", id });
    const worker = new TestWorker({ chainId: CHAIN_ID, seed, models }, { bus, spender: () => this.spenderKey });
    this.workers.push(worker);
    this.chain.addWorker(BigInt(this.workers.length), worker.publicKey, worker.offers);
    await worker.start();
    return worker;
  }

  async connect(grantee: Parameters<TestNats["connect"]>[0]): Promise<Bus> {
    const bus = await this.nats.connect(grantee);
    this.#buses.push(bus);
    return bus;
  }

  /** An organisation with a lane and a key. */
  async addOrganisation(
    lane: bigint,
    options: { readonly spendLimit?: bigint; readonly key?: Record<string, unknown> } = {},
  ): Promise<{ id: string; key: string; keyId: string }> {
    const limit = options.spendLimit === undefined ? {} : { spend_limit: String(options.spendLimit) };
    const { id } = await this.admin<{ id: string }>("POST", "/admin/v1/organisations", { name: "test", ...limit });
    await this.admin("POST", `/admin/v1/organisations/${id}/lanes`, { lane: String(lane) });
    const key = await this.admin<{ id: string; key: string }>("POST", `/admin/v1/organisations/${id}/keys`, { name: "test", ...options.key });
    return { id, key: key.key, keyId: key.id };
  }

  /** A gateway in a process of its own; `crashAt` kills it there. Resolves once it listens. */
  async spawnGateway(options: { readonly crashAt?: string; readonly environment?: Readonly<Record<string, string>> } = {}): Promise<GatewayProcess> {
    const chainFile = join(this.directory, "chain.json");
    const file: ChainFile = {
      workers: this.chain.workers.map(({ signingKey, offers }) => ({
        signingKey: toHex(signingKey),
        offers: [...offers].map(([id, price]): [string, string] => [id, String(price)]),
      })),
      lanes: [...this.chain.lanes.values()].map(({ id, spenderKey }) => ({ id: String(id), spenderKey: toHex(spenderKey) })),
    };
    // Gateways that run already read it again and again: never half of it.
    await writeFile(`${chainFile}.new`, JSON.stringify(file));
    await rename(`${chainFile}.new`, chainFile);
    return spawnGatewayProcess({
      ...this.#environment,
      ...options.environment,
      TEST_CHAIN_FILE: chainFile,
      ...(options.crashAt === undefined ? {} : { LAMINA_CRASH_AT: options.crashAt }),
    });
  }

  async admin<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.adminUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${"a".repeat(64)}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async stop(): Promise<void> {
    for (const gateway of this.#gateways) await gateway.stop();
    for (const worker of this.workers) await worker.stop();
    for (const bus of this.#buses) await bus.close();
    await this.nats.stop();
    await this.postgres.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A gateway that was stopped by a test is not stopped again. */
  async stopGateway(gateway: Gateway): Promise<void> {
    this.#gateways = this.#gateways.filter((each) => each !== gateway);
    await gateway.stop();
    await this.#busOf.get(gateway)?.close();
    this.#busOf.delete(gateway);
  }

  async #writeSecrets(spenderKeyFile: string): Promise<void> {
    const file = async (name: string, text: string) => {
      const path = join(this.directory, name);
      await writeFile(path, text, { mode: 0o600 });
      return path;
    };
    const credentials = await this.nats.credentialsOf({ role: "gateway", id: "gateway", spenderIds: this.spenders.ids });
    this.#environment = {
      CHAIN_ID: CHAIN_ID,
      RPC_URL: "http://127.0.0.1:1",
      NATS_URL: this.nats.url,
      NATS_USER_JWT_FILE: await file("nats.jwt", credentials.credentials.userJwt()),
      NATS_SEED_FILE: await file("nats.seed", credentials.credentials.seed.reveal()),
      // As in production: the gateway's own role, which row-level security binds. `databaseUrl` is the owner's, for tests to look around.
      DATABASE_URL_FILE: await file("database-url", urlOfRole(this.databaseUrl, "gateway", PASSWORDS.gateway)),
      GATEWAY_PORT: "0",
      GATEWAY_ADMIN_PORT: "0",
      GATEWAY_ADMIN_TOKEN_FILE: await file("admin-token", "a".repeat(64)),
      GATEWAY_SECRET_FILE: await file("gateway-secret", "22".repeat(32)),
      GATEWAY_SPENDER_KEY_FILES: spenderKeyFile,
      GATEWAY_MODEL_FOLDERS: MODELS_FOLDER,
      GATEWAY_KEY_CACHE_MS: "300",
      GATEWAY_LEASE_MS: "1500",
      DRAIN_MS: "1000",
    };
  }
}

/** A model whose every output element is the input's first byte and its position: cheap, and different for different inputs. */
export function constantModel(modelIdHex: string, manifest: Manifest, unitPrice: bigint): ServedTestModel {
  return {
    modelId: fromHex(modelIdHex),
    unitPrice,
    unitsPerItem: (profile) => manifest.profiles.find(({ id }) => id === profile)?.unitsPerItem ?? 0n,
    run: (item: Item, profileId: number): Item => {
      const profile = manifest.profiles.find(({ id }) => id === profileId);
      const first = item[0]?.data.reduce((sum, byte) => (sum * 31 + byte) % 1_000, 7) ?? 0;
      return manifest.outputs.map(({ type }, index) => {
        const dims = profile?.outputs[index] ?? [];
        const count = dims.reduce((product, dim) => product * dim, 1);
        const data = new Uint8Array(count * (elementBytes(type) ?? 1));
        const view = new DataView(data.buffer);
        for (let at = 0; at < count; at++) {
          if (type === 1) view.setFloat32(4 * at, first / 1_000 + at / 10_000, true);
          else view.setBigInt64(8 * at, BigInt(first % 10), true);
        }
        return { type, dims: [...dims], data };
      });
    },
  };
}
