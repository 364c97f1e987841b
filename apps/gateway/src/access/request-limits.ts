import type { Logger } from "@lamina/telemetry";
import { GatewayError } from "../gateway-error.ts";
import type { LimitStore } from "./limit-store.ts";
import type { Presence } from "./presence.ts";
import type { Principal } from "./principal.ts";

const SECONDS_A_MINUTE = 60;
/** A gateway takes a quarter of a second's requests at once, and a sixteenth of a key's places: most requests ask Postgres nothing. */
const BLOCKS_A_SECOND = 4;
const PLACE_BLOCKS = 16;

/** What this gateway has of one key's limits. */
interface Use {
  requests: number;
  places: number;
  running: number;
  /** The presence under which the places are leased. */
  instanceId: string;
  asking: Promise<void> | undefined;
}

/** Once is enough; it never throws. */
export type Leave = () => Promise<void>;

export interface RequestLimitsDependencies {
  readonly store: LimitStore;
  readonly presence: Pick<Presence, "id">;
  readonly logger: Logger;
}

/** Requests a minute and requests at once, by key, over all gateways of one database: each takes blocks of what is left (T4, I30). */
export class RequestLimits {
  readonly #dependencies: RequestLimitsDependencies;
  readonly #uses = new Map<string, Use>();

  constructor(dependencies: RequestLimitsDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Counts a request in; call the answer once it is over, and before its client is told: the next request may come to another gateway. Throws `GatewayError` (`rate_limit`, `concurrency_limit`), or `DatabaseError`: without
   * Postgres there is nothing to run on.
   */
  async enter(principal: Principal): Promise<Leave> {
    const use = this.#useOf(principal.keyId);
    const start = () => takeOne(use.running < use.places, () => (use.running += 1));
    if (!(await this.#take(use, start, () => this.#morePlaces(use, principal)))) {
      throw new GatewayError("concurrency_limit", `this API key may run ${principal.concurrencyMax} requests at once`, { retryAfterSeconds: 1 });
    }
    const leave = this.#leaving(use, principal);
    try {
      const count = () => takeOne(use.requests >= 1, () => (use.requests -= 1));
      if (!(await this.#take(use, count, () => this.#moreRequests(use, principal)))) throw tooMany(principal);
    } catch (error) {
      await leave();
      throw error;
    }
    return leave;
  }

  /** Gives back the places of keys that run nothing here, so that other gateways find them. */
  async rest(): Promise<void> {
    const idle = [...this.#uses].filter(([, use]) => use.running === 0 && use.places > 0);
    await Promise.all(idle.map(([keyId, use]) => this.#give(keyId, use, use.places)));
  }

  /** One question at a time: a crowd that finds a block empty must not take one each. `take` looks and takes in one go. */
  async #take(use: Use, take: () => boolean, more: () => Promise<void>): Promise<boolean> {
    while (use.asking !== undefined) await use.asking;
    if (take()) return true;
    let isTaken = false;
    const asked = more().then(() => {
      isTaken = take();
    });
    use.asking = asked
      .catch(() => undefined)
      .finally(() => {
        use.asking = undefined;
      });
    await asked;
    return isTaken;
  }

  async #morePlaces(use: Use, principal: Principal): Promise<void> {
    const { store, presence } = this.#dependencies;
    if (use.instanceId !== presence.id) [use.instanceId, use.places] = [presence.id, 0];
    const block = placeBlock(principal);
    if (await store.takePlaces(principal, block)) use.places += block;
    else if (block > 1 && (await store.takePlaces(principal, 1))) use.places += 1;
  }

  async #moreRequests(use: Use, principal: Principal): Promise<void> {
    const block = Math.max(1, Math.floor(principal.requestsPerMinute / SECONDS_A_MINUTE / BLOCKS_A_SECOND));
    use.requests += await this.#dependencies.store.takeRequests(principal, block);
  }

  /** Many places are kept for the next requests, and what is too many goes back beside them; a single one goes back at once. */
  #leaving(use: Use, principal: Principal): Leave {
    const block = placeBlock(principal);
    const kept = block > 1 ? block : 0;
    let isOver = false;
    return async () => {
      if (isOver) return;
      isOver = true;
      use.running -= 1;
      const idle = use.places - use.running;
      if (idle <= 2 * kept) return;
      const given = this.#give(principal.keyId, use, idle - kept);
      if (kept === 0) await given;
    };
  }

  async #give(keyId: string, use: Use, count: number): Promise<void> {
    use.places -= count;
    try {
      await this.#dependencies.store.givePlaces(keyId, count);
    } catch (error) {
      // Still leased, so still ours to use, and to give back at the next rest.
      use.places += count;
      this.#dependencies.logger.warn("places of a key could not be given back", { keyId, count, error });
    }
  }

  #useOf(keyId: string): Use {
    const known = this.#uses.get(keyId);
    if (known !== undefined) return known;
    const made: Use = { requests: 0, places: 0, running: 0, instanceId: this.#dependencies.presence.id, asking: undefined };
    this.#uses.set(keyId, made);
    return made;
  }
}

function takeOne(isThere: boolean, take: () => void): boolean {
  if (isThere) take();
  return isThere;
}

function placeBlock({ concurrencyMax }: Principal): number {
  return Math.max(1, Math.floor(concurrencyMax / PLACE_BLOCKS));
}

function tooMany({ requestsPerMinute }: Principal): GatewayError {
  const retryAfterSeconds = Math.max(1, Math.ceil(SECONDS_A_MINUTE / requestsPerMinute));
  return new GatewayError("rate_limit", `this API key may make ${requestsPerMinute} requests a minute`, { retryAfterSeconds });
}
