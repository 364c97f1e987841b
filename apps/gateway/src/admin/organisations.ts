import type { Scope } from "@lamina/api";
import { apiKeys, budgets, DatabaseError, type Drizzled, isUniqueViolation, lanes, organisations } from "@lamina/db";
import { type Env, type Secret, toHex } from "@lamina/primitives";
import { eq } from "drizzle-orm";
import { digestApiKey, makeApiKey } from "../access/api-key.ts";
import type { Vault } from "../access/vault.ts";
import type { ChainFollower } from "../chain/chain-follower.ts";
import { GatewayError } from "../gateway-error.ts";
import type { SpenderKeys } from "../jobs/spender-keys.ts";
import type { LaneBook } from "../money/lane-book.ts";

const ID_BYTES = 10;

export interface OrganisationsDependencies {
  readonly env: Pick<Env, "random" | "clock">;
  readonly database: Drizzled<Record<string, never>>["database"];
  readonly vault: Vault;
  readonly pepper: Secret<Uint8Array>;
  readonly spenders: SpenderKeys;
  readonly chain: ChainFollower;
  readonly lanes: LaneBook;
}

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: Date | undefined;
  readonly spendLimit: bigint | undefined;
  readonly requestsPerMinute: number;
  readonly concurrencyMax: number;
}

/** What an administrator does: organisations, their keys, and the lanes that they spend from. Never reachable from the public listener (T5). */
export class Organisations {
  readonly #dependencies: OrganisationsDependencies;

  constructor(dependencies: OrganisationsDependencies) {
    this.#dependencies = dependencies;
  }

  async create(name: string, spendLimit: bigint | undefined): Promise<{ id: string }> {
    const id = this.#id("org");
    const { database, vault } = this.#dependencies;
    await named("creating an organisation", () =>
      database.transaction(async (transaction) => {
        await transaction.insert(organisations).values({ id, name, dataKey: vault.makeWrappedKey(id) });
        await transaction.insert(budgets).values({ id, organisationId: id, limit: spendLimit ?? null });
      }),
    );
    return { id };
  }

  /** The key itself is in the answer and nowhere else. */
  async createKey(organisationId: string, key: NewKey): Promise<{ id: string; key: string }> {
    await this.#require(organisationId);
    const { database, env, pepper } = this.#dependencies;
    const id = this.#id("key");
    const secret = makeApiKey(env);
    await named("creating an API key", () =>
      database.transaction(async (transaction) => {
        await transaction.insert(apiKeys).values({
          id,
          organisationId,
          name: key.name,
          digest: digestApiKey(pepper, secret),
          scopes: [...key.scopes],
          concurrencyMax: key.concurrencyMax,
          requestsPerMinute: key.requestsPerMinute,
          expiresAt: key.expiresAt ?? null,
        });
        await transaction.insert(budgets).values({ id, organisationId, limit: key.spendLimit ?? null });
      }),
    );
    return { id, key: secret };
  }

  /** Takes effect everywhere within the time that gateways keep a key's record. */
  async revokeKey(id: string): Promise<void> {
    const { database } = this.#dependencies;
    const revoked = await named("revoking an API key", () =>
      database
        .update(apiKeys)
        .set({ revokedAt: new Date(this.#dependencies.env.clock.nowMs()) })
        .where(eq(apiKeys.id, id))
        .returning({ id: apiKeys.id }),
    );
    if (revoked.length === 0) throw new GatewayError("not_found", "no such API key");
  }

  /** Lets an organisation spend from a lane of the chain whose spender's key is here. */
  async bindLane(organisationId: string, laneId: bigint): Promise<{ lane: string; spenderKey: string }> {
    await this.#require(organisationId);
    const { database, spenders, chain } = this.#dependencies;
    const lane = await chain.lane(laneId);
    if (lane === undefined) throw new GatewayError("not_found", `the chain has no lane ${laneId}`);
    if (!spenders.has(lane.spenderKey)) throw new GatewayError("invalid_request", `lane ${laneId} names another spender: ${toHex(lane.spenderKey)}`);
    try {
      await database.insert(lanes).values({ lane: laneId, organisationId, spenderKey: lane.spenderKey });
    } catch (error) {
      if (isUniqueViolation(error instanceof Error ? (error.cause ?? error) : error))
        throw new GatewayError("invalid_request", `lane ${laneId} is bound already`);
      throw new DatabaseError("binding a lane", error);
    }
    await this.#dependencies.lanes.refresh();
    await chain.refresh();
    return { lane: String(laneId), spenderKey: toHex(lane.spenderKey) };
  }

  async setLimit(budgetId: string, limit: bigint | undefined): Promise<void> {
    const changed = await named("setting a spend limit", () =>
      this.#dependencies.database
        .update(budgets)
        .set({ limit: limit ?? null })
        .where(eq(budgets.id, budgetId))
        .returning({ id: budgets.id }),
    );
    if (changed.length === 0) throw new GatewayError("not_found", "no such organisation or key");
  }

  async #require(organisationId: string): Promise<void> {
    const found = await named("finding an organisation", () =>
      this.#dependencies.database.select({ id: organisations.id }).from(organisations).where(eq(organisations.id, organisationId)),
    );
    if (found.length === 0) throw new GatewayError("not_found", "no such organisation");
  }

  #id(kind: "org" | "key"): string {
    return `${kind}_${toHex(this.#dependencies.env.random.bytes(ID_BYTES))}`;
  }
}

async function named<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DatabaseError(operation, error instanceof Error ? (error.cause ?? error) : error);
  }
}
