import { DatabaseError, type Sql } from "@lamina/db";
import { type Env, toHex } from "@lamina/primitives";

const ID_BYTES = 12;
/** A gateway that was not seen for so long is dead to the others. */
const DEAD_AFTER_MS = 30_000;
/** It stops spending well before that, by a clock that runs while it does not: what it leased is then given away by nobody twice. */
const SURE_FOR_MS = 20_000;

/** This process among the gateways of one database: what it leases (money, places) is leased under its id. */
export class Presence {
  readonly #sql: Sql;
  readonly #env: Pick<Env, "clock" | "random">;
  #id = "";
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  private constructor(dependencies: { readonly env: Pick<Env, "clock" | "random">; readonly sql: Sql }) {
    this.#env = dependencies.env;
    this.#sql = dependencies.sql;
  }

  /** Throws `DatabaseError`. */
  static async start(dependencies: { readonly env: Pick<Env, "clock" | "random">; readonly sql: Sql }): Promise<Presence> {
    const presence = new Presence(dependencies);
    await presence.renew();
    return presence;
  }

  /** Another one after this process was taken for dead: what was leased under the old one is gone. */
  get id(): string {
    return this.#id;
  }

  /** Whether nobody can have taken this process for dead yet. */
  get isSure(): boolean {
    return this.#env.clock.monotonicMs() - this.#renewedAtMs < SURE_FOR_MS;
  }

  /** To be called every few seconds. Throws `DatabaseError`. */
  async renew(): Promise<void> {
    const startedMs = this.#env.clock.monotonicMs();
    await naming("telling that this gateway runs", async () => {
      const known = this.#id === "" ? [] : await this.#sql`update gateway.instances set seen_at = now() where id = ${this.#id} returning 1 as known`;
      if (known.length > 0) return;
      const id = toHex(this.#env.random.bytes(ID_BYTES));
      await this.#sql`insert into gateway.instances (id) values (${id})`;
      this.#id = id;
    });
    this.#renewedAtMs = startedMs;
  }

  /**
   * Buries gateways that were not seen for long: their places are free at once, their money once `settledAfter` is past, the last height at which a job
   * of theirs may settle. Gives their number.
   */
  bury(settledAfter: bigint): Promise<number> {
    return naming("burying dead gateways", async () => {
      const [row] = await this.#sql<{ buried: number }[]>`
        with dead as (
          delete from gateway.instances where seen_at < now() - ${`${DEAD_AFTER_MS} milliseconds`}::interval returning id
        ), marked as (
          update gateway.budget_leases set settled_after = ${settledAfter} from dead where instance_id = dead.id
        ), freed as (
          delete from gateway.place_leases using dead where instance_id = dead.id returning key_id, places
        ), counted as (
          update gateway.key_usage set places = greatest(0, key_usage.places - each.places)
          from (select key_id, sum(places)::int as places from freed group by key_id) each where key_usage.key_id = each.key_id
        )
        select count(*)::int as buried from dead`;
      return row?.buried ?? 0;
    });
  }

  /** After everything was given back. What a request held that another gateway goes on with is found once it can no longer settle. */
  async end(settledAfter: bigint): Promise<void> {
    await naming("leaving", async () => {
      await this.#sql`
        with gone as (delete from gateway.instances where id = ${this.#id})
        update gateway.budget_leases set settled_after = ${settledAfter} where instance_id = ${this.#id}`;
    });
  }
}

async function naming<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new DatabaseError(operation, error);
  }
}
