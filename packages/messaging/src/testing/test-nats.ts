import { readFile } from "node:fs/promises";
import { type Env, Secret, toHex } from "@lamina/primitives";
import { type BondStanding, BusAuthority, type ClaimsPublisher } from "../authority/bus-authority.ts";
import { makeUserKeys, type UserKeys } from "../authority/user-keys.ts";
import type { Bus } from "../bus.ts";
import { connectClaimsPublisher, connectStreamAdmin, type StreamAdmin } from "../nats/nats-admin.ts";
import { connectNatsBus, type NatsOptions } from "../nats/nats-bus.ts";
import type { Grantee } from "../permissions.ts";
import { checkServer } from "../server/check-server.ts";
import { renderServerConfig, type ServerTlsFiles } from "../server/render-server-config.ts";
import { deadStream, headsStream, resultsConsumer, resultsStream } from "../streams.ts";
import { type ServerPorts, ServerProcess } from "./server-process.ts";

const TEMPLATE = new URL("../../../../infra/devnet/nats/nats-server.conf.template", import.meta.url);
const SYSTEM = { role: "system", id: "test" } as const;
const DAY_MS = 86_400_000;

export interface TestNatsOptions {
  /** Changes the rendered configuration. */
  readonly editConfig?: (config: string) => string;
  readonly tls?: ServerTlsFiles;
}

/** A real nats-server with its authority, on free loopback ports and a folder of its own. */
export class TestNats {
  readonly authority: BusAuthority;
  /** Workers that are not in here are not bonded; one without a key here counts with any key. */
  readonly standings: Map<string, BondStanding>;
  readonly #env: Env;
  readonly #directory: string;
  readonly #fileStoreKey: Secret<string>;
  readonly #system: Pick<NatsOptions, "peer" | "credentials">;
  readonly #options: TestNatsOptions;
  readonly #server: ServerProcess;
  #ports: ServerPorts | undefined;

  private constructor(
    env: Env,
    directory: string,
    authority: BusAuthority,
    standings: Map<string, BondStanding>,
    system: Pick<NatsOptions, "peer" | "credentials">,
    options: TestNatsOptions,
  ) {
    this.#env = env;
    this.#options = options;
    this.#system = system;
    this.#directory = directory;
    this.authority = authority;
    this.standings = standings;
    this.#fileStoreKey = new Secret(toHex(env.random.bytes(32)));
    this.#server = new ServerProcess(env, directory);
  }

  /** `directory`: an empty folder that the caller removes. */
  static async start(env: Env, directory: string, options: TestNatsOptions = {}): Promise<TestNats> {
    const standings = new Map<string, BondStanding>();
    let nats: TestNats | undefined;
    const claims: ClaimsPublisher = { publishAccountClaims: (jwt) => (nats as TestNats).#publishClaims(jwt) };
    const bonds = {
      standingOf: async (workerId: string) => standings.get(workerId) ?? { kind: "not-bonded" as const, reason: "unknown" },
    };
    const account = { diskBytesMax: 4 * 1024 ** 3, streamsMax: 16, consumersMax: 64, payloadBytesMax: 1024 * 1024 };
    const authority = await BusAuthority.open({ statePath: `${directory}/authority.json`, account, ttlMsMax: 7 * DAY_MS }, { env, bonds, claims });
    const keys = makeUserKeys();
    const { jwt } = await authority.mintUser(SYSTEM, keys.publicKey, DAY_MS);
    const system = { peer: SYSTEM, credentials: { userJwt: () => jwt, seed: keys.seed } };
    nats = new TestNats(env, directory, authority, standings, system, options);
    await nats.boot();
    return nats;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#openPorts.client}`;
  }

  get monitorUrl(): string {
    return `http://127.0.0.1:${this.#openPorts.monitor}`;
  }

  /** Starts the server, at the ports it had before where it ran before, and checks it. */
  async boot(): Promise<void> {
    const template = await readFile(TEMPLATE, "utf8");
    const config = renderServerConfig(template, {
      serverName: "test",
      host: "127.0.0.1",
      clientPort: this.#ports?.client ?? -1,
      monitorPort: this.#ports?.monitor ?? -1,
      trust: await this.authority.serverTrust(),
      accountsDirectory: `${this.#directory}/accounts`,
      storeDirectory: `${this.#directory}/store`,
      fileStoreBytesMax: 4n * 1024n ** 3n,
      fileStoreKey: this.#fileStoreKey,
      ...(this.#options.tls === undefined ? {} : { tls: this.#options.tls }),
    });
    this.#ports = await this.#server.start(this.#options.editConfig?.(config) ?? config);
    try {
      await checkServer(this.#env, this.monitorUrl);
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** SIGKILL, as a crash of the machine's process; the disk keeps what it has. */
  async kill(): Promise<void> {
    await this.#server.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#server.end("SIGTERM");
  }

  /** Mints a credential (bonding a worker first) and gives what a connection needs. */
  async credentialsOf(grantee: Grantee, keys: UserKeys = makeUserKeys()): Promise<NatsOptions & { readonly keys: UserKeys }> {
    if (grantee.role === "worker") this.standings.set(grantee.id, { kind: "bonded", natsPublicKey: keys.publicKey });
    const { jwt } = await this.authority.mintUser(grantee, keys.publicKey, DAY_MS);
    return { peer: grantee, servers: [this.url], credentials: { userJwt: () => jwt, seed: keys.seed }, keys };
  }

  async connect(grantee: Grantee, onFault: (what: string, error: unknown) => void = () => undefined): Promise<Bus> {
    return connectNatsBus(await this.credentialsOf(grantee), { env: this.#env, onFault });
  }

  async connectAdmin(): Promise<StreamAdmin> {
    return connectStreamAdmin(await this.credentialsOf({ role: "admin", id: "test" }));
  }

  /** All streams, and the consumers of these sequencers. */
  async setUpStreams(sequencerIds: readonly string[]): Promise<void> {
    const admin = await this.connectAdmin();
    await admin.ensureStream(resultsStream({ replicas: 1 }));
    await admin.ensureStream(deadStream({ replicas: 1 }));
    await admin.ensureStream(headsStream({ replicas: 1 }));
    for (const id of sequencerIds) await admin.ensureConsumer(resultsConsumer(id));
    await admin.close();
  }

  async #publishClaims(jwt: string): Promise<void> {
    // Minted before: the authority waits for us here, so that asking it for a credential would wait for ever.
    const publisher = await connectClaimsPublisher({ ...this.#system, servers: [this.url] });
    await publisher.publishAccountClaims(jwt);
    await publisher.close();
  }

  get #openPorts(): ServerPorts {
    if (this.#ports === undefined) throw new Error("the test server was not started");
    return this.#ports;
  }
}
