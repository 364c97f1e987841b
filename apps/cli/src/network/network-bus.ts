import type { ClaimsPublisher, NatsOptions } from "@lamina/messaging";
import {
  type BondChecker,
  BusAuthority,
  connectClaimsPublisher,
  connectStreamAdmin,
  deadStream,
  headsConsumer,
  headsStream,
  resultsConsumer,
  resultsStream,
} from "@lamina/messaging";
import type { Env } from "@lamina/primitives";
import { decodeUtf8, encodeUtf8 } from "@lamina/primitives";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import type { BusIdentity, Identities } from "./identities/identities.ts";
import { BUS_DISK_BYTES_MAX } from "./prepare-nats.ts";

/** A stolen credential is good for a day; a network that stood still for longer gets new ones at its next start. */
export const CREDENTIAL_LIFE_MS = 24 * 3_600_000;
const RENEW_EVERY_MS = CREDENTIAL_LIFE_MS / 4;
const REPLICAS = 1;

export interface BusDependencies {
  readonly env: Pick<Env, "clock" | "timers" | "files">;
  readonly bonds: BondChecker;
}

/** The bus of a network, seen from its supervisor: it alone holds the keys that the server trusts, and gives everybody a credential. */
export class NetworkBus {
  readonly authority: BusAuthority;
  readonly #env: BusDependencies["env"];
  readonly #identities: Identities;

  private constructor(authority: BusAuthority, env: BusDependencies["env"], identities: Identities) {
    this.authority = authority;
    this.#env = env;
    this.#identities = identities;
  }

  /** Reads the keys, or draws them at the first call. Needs no server yet. */
  static async open(inputs: NetworkInputs, identities: Identities, { env, bonds }: BusDependencies): Promise<NetworkBus> {
    const { folder, ports } = inputs;
    const options = {
      statePath: folder.keyFile("bus-authority.json"),
      account: { diskBytesMax: BUS_DISK_BYTES_MAX, streamsMax: 16, consumersMax: 256, payloadBytesMax: 1024 * 1024 },
      ttlMsMax: CREDENTIAL_LIFE_MS,
    };
    const claims = claimsOver(env, identities.system, `nats://127.0.0.1:${ports.nats}`);
    return new NetworkBus(await BusAuthority.open(options, { env, bonds, claims }), env, identities);
  }

  /** Credentials for those that need no bond, then the streams. The server runs. */
  async furnish(natsUrl: string): Promise<void> {
    const { system, admin, gateway, sequencer } = this.#identities;
    for (const identity of [system, admin, gateway, sequencer.bus]) await this.issue(identity);
    const streams = await connectStreamAdmin(await optionsOf(this.#env, admin, natsUrl));
    try {
      for (const stream of [resultsStream, deadStream, headsStream]) await streams.ensureStream(stream({ replicas: REPLICAS }));
      // Before the first publisher: an interest stream keeps nothing while nobody is interested.
      await streams.ensureConsumer(resultsConsumer(sequencer.id));
      for (const { grantee } of [gateway, sequencer.bus]) await streams.ensureConsumer(headsConsumer(grantee));
    } finally {
      await streams.close();
    }
  }

  /** Credentials for workers, each after a look at its bond (T18). */
  async admitWorkers(): Promise<void> {
    for (const worker of this.#identities.workers) await this.issue(worker.bus);
  }

  /** Mints a credential and puts it where its owner reads it (0600), at each connect anew. */
  async issue({ grantee, keys, jwtFile }: BusIdentity): Promise<void> {
    const { jwt } = await this.authority.mintUser(grantee, keys.publicKey, CREDENTIAL_LIFE_MS);
    await this.#env.files.writeFileAtomic(jwtFile, encodeUtf8(`${jwt}\n`), { mode: 0o600 });
  }

  /** Renews everybody's credential long before it ends, until `signal` aborts. What fails is told and tried again at the next turn. */
  async keepRenewing(signal: AbortSignal, onFault: (what: string) => void): Promise<void> {
    const { system, admin, gateway, sequencer, workers } = this.#identities;
    while (!signal.aborted) {
      await this.#env.timers.sleep(RENEW_EVERY_MS, signal).catch(() => undefined);
      if (signal.aborted) return;
      for (const identity of [system, admin, gateway, sequencer.bus, ...workers.map(({ bus }) => bus)]) {
        await this.issue(identity).catch((error) => onFault(`credential of ${identity.grantee.role} ${identity.grantee.id}: ${messageOf(error)}`));
      }
    }
  }
}

/** Connects for each push: they are rare, and the server may have been restarted since the last. */
function claimsOver(env: Pick<Env, "files">, system: BusIdentity, natsUrl: string): ClaimsPublisher {
  return {
    publishAccountClaims: async (accountJwt) => {
      const publisher = await connectClaimsPublisher(await optionsOf(env, system, natsUrl));
      try {
        await publisher.publishAccountClaims(accountJwt);
      } finally {
        await publisher.close();
      }
    },
  };
}

async function optionsOf(env: Pick<Env, "files">, { grantee, keys, jwtFile }: BusIdentity, natsUrl: string): Promise<NatsOptions> {
  const jwt = decodeUtf8(await env.files.readFile(jwtFile)).trim();
  return { peer: { role: grantee.role, id: grantee.id }, servers: [natsUrl], credentials: { userJwt: () => jwt, seed: keys.seed } };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
