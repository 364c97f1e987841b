import { readFile } from "node:fs/promises";
import { type ChildHandle, decodeUtf8, type Env, encodeUtf8, Secret, toHex } from "@lamina/primitives";
import { type BondStanding, BusAuthority, type ClaimsPublisher } from "../authority/bus-authority.ts";
import { makeUserKeys, type UserKeys } from "../authority/user-keys.ts";
import type { Bus } from "../bus.ts";
import { connectClaimsPublisher, connectStreamAdmin, type StreamAdmin } from "../nats/nats-admin.ts";
import { connectNatsBus, type NatsOptions } from "../nats/nats-bus.ts";
import type { Grantee } from "../permissions.ts";
import { checkServer } from "../server/check-server.ts";
import { renderServerConfig, type ServerTlsFiles } from "../server/render-server-config.ts";
import { deadStream, resultsConsumer, resultsStream } from "../streams.ts";
import { natsBinary } from "./nats-binary.ts";

const TEMPLATE = new URL("../../../../infra/devnet/nats/nats-server.conf.template", import.meta.url);
const SYSTEM = { role: "system", id: "test" } as const;
const DAY_MS = 86_400_000;
const POLL_MS = 20;
const START_TIMEOUT_MS = 20_000;

export interface TestNatsOptions {
  /** Changes the rendered configuration. */
  readonly editConfig?: (config: string) => string;
  readonly tls?: ServerTlsFiles;
}

interface Ports {
  readonly client: number;
  readonly monitor: number;
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
  #ports: Ports | undefined;
  #child: ChildHandle | undefined;

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
    const portsDirectory = `${this.#directory}/ports`;
    await this.#env.files.remove(portsDirectory);
    await this.#env.files.mkdir(portsDirectory);
    const configPath = `${this.#directory}/nats.conf`;
    await this.#env.files.writeFileAtomic(
      configPath,
      encodeUtf8(`${this.#options.editConfig?.(config) ?? config}\nports_file_dir: "${portsDirectory}"\n`),
    );
    const log = { appendTo: `${this.#directory}/nats.log` };
    const binary = await natsBinary(this.#env);
    this.#child = this.#env.spawn(binary, ["-c", configPath], { env: {}, stdio: { stdin: "ignore", stdout: log, stderr: log } });
    this.#ports = await this.#readPorts(portsDirectory);
    try {
      await checkServer(this.#env, this.monitorUrl);
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** SIGKILL, as a crash of the machine's process; the disk keeps what it has. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
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

  /** Both streams, and the consumers of these sequencers. */
  async setUpStreams(sequencerIds: readonly string[]): Promise<void> {
    const admin = await this.connectAdmin();
    await admin.ensureStream(resultsStream({ replicas: 1 }));
    await admin.ensureStream(deadStream({ replicas: 1 }));
    for (const id of sequencerIds) await admin.ensureConsumer(resultsConsumer(id));
    await admin.close();
  }

  async #publishClaims(jwt: string): Promise<void> {
    // Minted before: the authority waits for us here, so that asking it for a credential would wait for ever.
    const publisher = await connectClaimsPublisher({ ...this.#system, servers: [this.url] });
    await publisher.publishAccountClaims(jwt);
    await publisher.close();
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#child?.kill(signal);
    await this.#child?.exited;
    this.#child = undefined;
  }

  async #readPorts(directory: string): Promise<Ports> {
    for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += POLL_MS) {
      const [name] = (await this.#env.files.readdir(directory)).filter((each) => each.endsWith(".ports"));
      const text = name === undefined ? "" : decodeUtf8(await this.#env.files.readFile(`${directory}/${name}`));
      // The server creates the file before it writes it.
      if (text.trimEnd().endsWith("}")) {
        const ports = JSON.parse(text) as { nats: string[]; monitoring: string[] };
        return { client: portOf(ports.nats[0]), monitor: portOf(ports.monitoring[0]) };
      }
      await this.#env.timers.sleep(POLL_MS);
    }
    const log = decodeUtf8(await this.#env.files.readFile(`${this.#directory}/nats.log`));
    throw new Error(`nats-server did not start within ${START_TIMEOUT_MS} ms; it wrote: ${log}`);
  }

  get #openPorts(): Ports {
    if (this.#ports === undefined) throw new Error("the test server was not started");
    return this.#ports;
  }
}

function portOf(url: string | undefined): number {
  return Number(new URL(url ?? "").port);
}
