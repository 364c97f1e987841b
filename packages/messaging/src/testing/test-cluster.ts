import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { type Env, Secret, toHex } from "@lamina/primitives";
import { type BondStanding, BusAuthority } from "../authority/bus-authority.ts";
import { makeUserKeys, type UserKeys } from "../authority/user-keys.ts";
import { connectClaimsPublisher, connectStreamAdmin, type StreamAdmin } from "../nats/nats-admin.ts";
import type { NatsOptions } from "../nats/nats-bus.ts";
import type { Grantee } from "../permissions.ts";
import { checkServer } from "../server/check-server.ts";
import { renderClusterConfig } from "../server/render-cluster-config.ts";
import { renderServerConfig } from "../server/render-server-config.ts";
import { type ServerPorts, ServerProcess } from "./server-process.ts";

const INFRA = new URL("../../../../infra/devnet/nats/", import.meta.url);
const DAY_MS = 86_400_000;
const NAMES = ["n1", "n2", "n3"] as const;

export type ServerName = (typeof NAMES)[number];

interface Member {
  readonly process: ServerProcess;
  readonly directory: string;
  readonly routePort: number;
  ports: ServerPorts | undefined;
}

/** Three real nats-servers with one authority, joined by routes, on free loopback ports. */
export class TestCluster {
  readonly #env: Env;
  readonly #authority: BusAuthority;
  readonly #standings: Map<string, BondStanding>;
  readonly #members: ReadonlyMap<ServerName, Member>;
  readonly #routePassword: Secret<string>;

  private constructor(env: Env, authority: BusAuthority, standings: Map<string, BondStanding>, members: ReadonlyMap<ServerName, Member>) {
    this.#env = env;
    this.#authority = authority;
    this.#standings = standings;
    this.#members = members;
    this.#routePassword = new Secret(toHex(env.random.bytes(16)));
  }

  /** `directory`: an empty folder that the caller removes. */
  static async start(env: Env, directory: string): Promise<TestCluster> {
    const standings = new Map<string, BondStanding>();
    let cluster: TestCluster | undefined;
    const bonds = {
      standingOf: async (workerId: string) => standings.get(workerId) ?? { kind: "not-bonded" as const, reason: "unknown" },
    };
    const claims = { publishAccountClaims: (jwt: string) => (cluster as TestCluster).#publishClaims(jwt) };
    const account = { diskBytesMax: 8 * 1024 ** 3, streamsMax: 16, consumersMax: 64, payloadBytesMax: 1024 * 1024 };
    const authority = await BusAuthority.open({ statePath: `${directory}/authority.json`, account, ttlMsMax: DAY_MS }, { env, bonds, claims });
    const members = new Map<ServerName, Member>();
    for (const name of NAMES) {
      const own = `${directory}/${name}`;
      await env.files.mkdir(own);
      members.set(name, { process: new ServerProcess(env, own), directory: own, routePort: await freePort(), ports: undefined });
    }
    cluster = new TestCluster(env, authority, standings, members);
    await Promise.all(NAMES.map((name) => (cluster as TestCluster).boot(name)));
    return cluster;
  }

  get names(): readonly ServerName[] {
    return NAMES;
  }

  get urls(): string[] {
    return NAMES.map((name) => `nats://127.0.0.1:${this.#portsOf(name).client}`);
  }

  routePort(name: ServerName): number {
    return this.#member(name).routePort;
  }

  /** Starts one server, at the ports it had before where it ran before, and checks it as any other (`sync_interval: always` among it). */
  async boot(name: ServerName): Promise<void> {
    const member = this.#member(name);
    const base = renderServerConfig(await readFile(new URL("nats-server.conf.template", INFRA), "utf8"), {
      serverName: name,
      host: "127.0.0.1",
      clientPort: member.ports?.client ?? -1,
      monitorPort: member.ports?.monitor ?? -1,
      trust: await this.#authority.serverTrust(),
      accountsDirectory: `${member.directory}/accounts`,
      storeDirectory: `${member.directory}/store`,
      fileStoreBytesMax: 4n * 1024n ** 3n,
      fileStoreKey: new Secret(name.repeat(16)),
    });
    const routes = renderClusterConfig(await readFile(new URL("nats-cluster.conf.template", INFRA), "utf8"), {
      name: "test",
      routeHost: "127.0.0.1",
      routePort: member.routePort,
      peers: NAMES.map((each) => `127.0.0.1:${this.routePort(each)}`),
      routePassword: this.#routePassword,
    });
    member.ports = await member.process.start(base + routes);
    await checkServer(this.#env, `http://127.0.0.1:${member.ports.monitor}`);
  }

  /** SIGKILL, as a crash of the machine's process; the disk keeps what it has. */
  async kill(name: ServerName): Promise<void> {
    await this.#member(name).process.end("SIGKILL");
  }

  async stop(): Promise<void> {
    await Promise.all(NAMES.map((name) => this.#member(name).process.end("SIGTERM")));
  }

  /** Mints a credential (bonding a worker first) and gives what a connection to any of the servers needs. */
  async credentialsOf(grantee: Grantee, keys: UserKeys = makeUserKeys()): Promise<NatsOptions> {
    if (grantee.role === "worker") this.#standings.set(grantee.id, { kind: "bonded", natsPublicKey: keys.publicKey });
    const { jwt } = await this.#authority.mintUser(grantee, keys.publicKey, DAY_MS);
    return { peer: grantee, servers: this.urls, credentials: { userJwt: () => jwt, seed: keys.seed } };
  }

  async connectAdmin(): Promise<StreamAdmin> {
    return connectStreamAdmin(await this.credentialsOf({ role: "admin", id: "test" }));
  }

  /** What a server says at one of its monitoring addresses. */
  async monitor(name: ServerName, path: string): Promise<unknown> {
    return (await this.#env.fetch(`http://127.0.0.1:${this.#portsOf(name).monitor}/${path}`)).json();
  }

  async #publishClaims(jwt: string): Promise<void> {
    const publisher = await connectClaimsPublisher(await this.credentialsOf({ role: "system", id: "test" }));
    await publisher.publishAccountClaims(jwt);
    await publisher.close();
  }

  #member(name: ServerName): Member {
    return this.#members.get(name) as Member;
  }

  #portsOf(name: ServerName): ServerPorts {
    const { ports } = this.#member(name);
    if (ports === undefined) throw new Error(`server ${name} was not started`);
    return ports;
  }
}

/** The servers must know each other's route ports before any of them runs. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
  await new Promise((resolve) => server.close(resolve));
  return port;
}
