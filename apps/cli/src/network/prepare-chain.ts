import { join } from "node:path";
import type { Env } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import { runTool } from "../host/run-tool.ts";
import { baseEnvironment } from "../plan/base-environment.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { isRecord, readJson, writeJson } from "../state/json-file.ts";

export interface GenesisAccount {
  /** Bech32, `lamina1…`. */
  readonly address: string;
  /** Such as `1000000ulam`. */
  readonly coins: string;
}

type ChainEnv = Pick<Env, "files" | "spawn">;

/** Makes genesis and the homes of all validators where there are none; `STALE_STATE` where those found belong to another chain. */
export async function prepareChain(env: ChainEnv, inputs: NetworkInputs, accounts: readonly GenesisAccount[]): Promise<void> {
  const { folder, record, checkout, ports } = inputs;
  if ((await env.files.stat(folder.chain)) !== undefined) return checkGenesis(env, inputs);
  // Made under another name, so that a folder called `chain` is always complete.
  const unfinished = `${folder.chain}.new`;
  await env.files.remove(unfinished);
  await env.files.mkdir(unfinished);
  const accountsFile = join(unfinished, "accounts.json");
  await writeJson(env, accountsFile, accounts);
  const wishes = ["--validators", `${record.validators}`, "--chain-id", record.chainId, "--port-base", `${ports.chainBase}`, "--preset", "minimal"];
  const args = ["devnet", "init", "--home-root", unfinished, ...wishes, "--accounts", accountsFile];
  await runTool(env, "making the chain's genesis", checkout.laminad, args, { env: baseEnvironment(unfinished), cwd: unfinished });
  await env.files.rename(unfinished, folder.chain);
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
