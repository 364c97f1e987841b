import { connectChain } from "@lamina/chain-client";
import { closeSql, connectSql, grantReader, migrate, type Sql } from "@lamina/db";
import { chainId, type Env } from "@lamina/primitives";
import { nodeEnv } from "@lamina/primitives/node";
import { type Logger, type Metrics, noopLogger, noopMetrics } from "@lamina/telemetry";
import { Follower, type FollowerOptions } from "../follow/follower.ts";

export interface TestIndexOptions {
  readonly databaseUrl: string;
  readonly rpcUrl: string;
  readonly chainId: string;
  readonly options?: Partial<FollowerOptions>;
  readonly env?: Env;
  readonly logger?: Logger;
  readonly metrics?: Metrics;
}

/** A follower in this process over a real database and a node's RPC. */
export class TestIndex {
  readonly sql: Sql;
  readonly follower: Follower;

  private constructor(sql: Sql, follower: Follower) {
    this.sql = sql;
    this.follower = follower;
  }

  static async open(given: TestIndexOptions): Promise<TestIndex> {
    const env = given.env ?? nodeEnv();
    const sql = connectSql(given.databaseUrl, { name: "test-index", connectionsMax: 3 });
    try {
      await migrate(sql, env.files, "index");
      await grantReader(sql);
      const id = chainId(given.chainId);
      const { comet } = await connectChain({ url: given.rpcUrl, chainId: id, timeoutMs: 5_000 });
      const options = { chainId: id, pollMs: 20, prefetch: 16, groupResults: 10_000, groupHeights: 256, ...given.options };
      const deps = { env, comet, sql, logger: given.logger ?? noopLogger, metrics: given.metrics ?? noopMetrics };
      return new TestIndex(sql, await Follower.open(options, deps));
    } catch (error) {
      await closeSql(sql);
      throw error;
    }
  }

  /** Follows until the index stands at the node's latest height. */
  async catchUp(): Promise<bigint> {
    while ((await this.follower.catchUp()) > 0);
    return this.follower.height;
  }

  close(): Promise<void> {
    return closeSql(this.sql);
  }
}
