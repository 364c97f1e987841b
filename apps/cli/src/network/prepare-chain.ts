import { join } from "node:path";
import type { Env } from "@lamina/primitives";
import { encodeUtf8 } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import { runTool } from "../host/run-tool.ts";
import { baseEnvironment } from "../plan/base-environment.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { isRecord, readJson, writeJson } from "../state/json-file.ts";
import { STAKE_LOCKED_SECONDS } from "./checkpoint.ts";

export interface GenesisAccount {
  /** Bech32, `lamina1…`. */
  readonly address: string;
  /** Such as `1000000ulam`. */
  readonly coins: string;
}

/** The preset's hour would let receipts of a devnet lapse within it: validators stay liable for as long as a checkpoint is to be trusted, and more. */
const GENESIS_OVERRIDES = { staking: { params: { unbonding_time: `${STAKE_LOCKED_SECONDS}s` } } };

type ChainEnv = Pick<Env, "files" | "spawn">;

/** What `laminad devnet init` printed, kept beside the homes it made. */
const SUMMARY = "summary.json";

/**
 * Makes genesis and the homes of all validators where there are none, and answers the node ids of the validators in their order. `STALE_STATE`
 * where the homes found belong to another chain.
 */
export async function prepareChain(env: ChainEnv, inputs: NetworkInputs, accounts: readonly GenesisAccount[]): Promise<string[]> {
  const { folder } = inputs;
  if ((await env.files.stat(folder.chain)) === undefined) await makeChain(env, inputs, accounts);
  await checkGenesis(env, inputs);
  return nodeIds(await readJson(env, join(folder.chain, SUMMARY)), folder.chain);
}

async function makeChain(env: ChainEnv, inputs: NetworkInputs, accounts: readonly GenesisAccount[]): Promise<void> {
  const { folder, record, checkout, ports } = inputs;
  // Made under another name, so that a folder called `chain` is always complete.
  const unfinished = `${folder.chain}.new`;
  await env.files.remove(unfinished);
  await env.files.mkdir(unfinished);
  const accountsFile = join(unfinished, "accounts.json");
  await writeJson(env, accountsFile, accounts);
  const wishes = ["--validators", `${record.validators}`, "--chain-id", record.chainId, "--port-base", `${ports.chainBase}`, "--preset", "minimal"];
  const overridesFile = join(unfinished, "overrides.json");
  await writeJson(env, overridesFile, GENESIS_OVERRIDES);
  const files = ["--accounts", accountsFile, "--genesis-overrides", overridesFile];
  const args = ["devnet", "init", "--home-root", unfinished, ...wishes, ...files];
  const { stdout } = await runTool(env, "making the chain's genesis", checkout.laminad, args, { env: baseEnvironment(unfinished), cwd: unfinished });
  await env.files.writeFileAtomic(join(unfinished, SUMMARY), encodeUtf8(stdout));
  await env.files.rename(unfinished, folder.chain);
}

function nodeIds(summary: unknown, chain: string): string[] {
  const nodes: unknown = isRecord(summary) ? summary["nodes"] : undefined;
  const ids = Array.isArray(nodes) ? nodes.map((node: unknown) => (isRecord(node) ? node["node_id"] : undefined)) : [];
  if (ids.length === 0 || !ids.every((id) => typeof id === "string")) throw new Error(`expected nodes with a node_id in ${chain}/${SUMMARY}`);
  return ids;
}

async function checkGenesis(env: ChainEnv, { folder, record }: NetworkInputs): Promise<void> {
  const genesis = await readJson(env, join(folder.chainHome(0), "config", "genesis.json"));
  const found = isRecord(genesis) ? genesis["chain_id"] : undefined;
  if (found === record.chainId) return;
  throw new CliError(
    "STALE_STATE",
    `${folder.chain} holds the chain ${String(found)}, expected ${record.chainId}`,
    `Start afresh with ./lamina reset --home ${folder.home}, or choose another folder with --home.`,
  );
}
