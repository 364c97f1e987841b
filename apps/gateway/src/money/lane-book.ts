import { DatabaseError, type Sql } from "@lamina/db";

/** Which lanes each organisation may spend from, as Postgres has it; read again every few seconds, and at once after a change made here. */
export class LaneBook {
  readonly #sql: Sql;
  #lanes: ReadonlyMap<string, readonly bigint[]> = new Map();

  constructor(dependencies: { readonly sql: Sql }) {
    this.#sql = dependencies.sql;
  }

  lanesOf(organisationId: string): readonly bigint[] {
    return this.#lanes.get(organisationId) ?? [];
  }

  all(): bigint[] {
    return [...this.#lanes.values()].flat();
  }

  /** True where something changed. Throws `DatabaseError`. */
  async refresh(): Promise<boolean> {
    try {
      const rows = await this.#sql<{ lane: bigint; organisation_id: string }[]>`select lane, organisation_id from gateway.lanes order by lane`;
      const lanes = new Map<string, bigint[]>();
      for (const { lane, organisation_id } of rows) lanes.set(organisation_id, [...(lanes.get(organisation_id) ?? []), lane]);
      const before = this.all().join();
      this.#lanes = lanes;
      return this.all().join() !== before;
    } catch (error) {
      throw new DatabaseError("reading lanes", error);
    }
  }
}
