import type { Comet } from "@lamina/chain-client";

interface Chunk {
  readonly total: string;
  readonly data: string;
}

interface Genesis {
  readonly initial_height?: string;
  readonly app_state?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

/** Lists of the modules' states that say that somebody acted before this genesis. Source: proto/lamina/{registry,escrow,rollup}/v1/genesis.proto. */
const ACTORS: Readonly<Record<string, readonly string[]>> = {
  registry: ["operators", "signing_keys", "models", "versions"],
  escrow: ["deposits", "lanes", "withdrawals"],
  rollup: ["logs", "pending", "accepted"],
};

/** A chain's first height, and what its genesis holds of Lamina's own state, as `escrow.lanes: 3`. */
export async function genesisActors(comet: Comet): Promise<{ readonly initialHeight: bigint; readonly actors: readonly string[] }> {
  const genesis = JSON.parse(await genesisText(comet)) as Genesis;
  const actors = Object.entries(ACTORS).flatMap(([module, lists]) =>
    lists.flatMap((list) => {
      const found = genesis.app_state?.[module]?.[list];
      return Array.isArray(found) && found.length > 0 ? [`${module}.${list}: ${found.length}`] : [];
    }),
  );
  const initial = BigInt(genesis.initial_height ?? "1");
  return { initialHeight: initial === 0n ? 1n : initial, actors };
}

/** In chunks, since a node refuses to send a large genesis whole. */
async function genesisText(comet: Comet): Promise<string> {
  const parts: Buffer[] = [];
  for (let chunk = 0, total = 1; chunk < total; chunk++) {
    const answer = (await comet.call("genesis_chunked", { chunk: `${chunk}` })) as Chunk;
    parts.push(Buffer.from(answer.data, "base64"));
    total = Number(answer.total);
  }
  return Buffer.concat(parts).toString("utf8");
}
