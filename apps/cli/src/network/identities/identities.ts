import { accountAddress } from "@lamina/chain-client";
import type { Grantee, UserKeys } from "@lamina/messaging";
import { makeUserKeys, userKeysOf } from "@lamina/messaging";
import type { Env } from "@lamina/primitives";
import { decodeUtf8, encodeUtf8, fromHex, Secret, toHex } from "@lamina/primitives";
import type { NodeSigner } from "@lamina/primitives/node";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { ensureSecret } from "../../state/secrets.ts";
import type { StateFolder } from "../../state/state-folder.ts";

type KeyEnv = Pick<Env, "files" | "random">;

/** An account on the chain; its key lies in `keyFile` (64 hex digits, 0600). */
export interface AccountIdentity {
  readonly name: string;
  readonly address: string;
  readonly keyFile: string;
}

/** A party on the bus: its seed lies in `seedFile`, and the supervisor keeps a current credential in `jwtFile`. */
export interface BusIdentity {
  readonly grantee: Grantee;
  readonly keys: UserKeys;
  readonly seedFile: string;
  readonly jwtFile: string;
}

/** An operator of the network: an account that bonds, a key that signs, a place on the bus. */
export interface OperatorIdentity {
  readonly name: string;
  /** Hex of its signing key: how the bus and the rows name it. */
  readonly id: string;
  readonly account: AccountIdentity;
  readonly signer: NodeSigner;
  readonly signingKeyFile: string;
  readonly bus: BusIdentity;
}

/** Everybody in a network made by `up`. */
export interface Identities {
  /** Holds the coins that everybody else is given. */
  readonly treasury: AccountIdentity;
  readonly publisher: AccountIdentity;
  /** The demo organisation. */
  readonly payer: AccountIdentity;
  /** The gateway's key for the demo organisation's lane. */
  readonly spender: { readonly signer: NodeSigner; readonly keyFile: string };
  readonly gateway: BusIdentity;
  readonly admin: BusIdentity;
  readonly system: BusIdentity;
  readonly sequencer: OperatorIdentity;
  readonly workers: readonly OperatorIdentity[];
}

export const GATEWAY_ID = "gateway-1";

/** Reads the keys of all, drawing those that are not there yet: a network may get more workers. Every file is of mode 0600. */
export async function ensureIdentities(env: KeyEnv, folder: StateFolder, workers: number): Promise<Identities> {
  const account = (name: string) => ensureAccount(env, folder, name);
  const spender = await ensureSigner(env, folder, "spender");
  const spenderIds = [toHex(spender.signer.publicKey)];
  const operators: OperatorIdentity[] = [];
  for (let index = 1; index <= workers; index++) operators.push(await ensureOperator(env, folder, `worker-${index}`, "worker"));
  return {
    treasury: await account("treasury"),
    publisher: await account("publisher"),
    payer: await account("payer"),
    spender,
    gateway: await ensureBus(env, folder, "gateway", { role: "gateway", id: GATEWAY_ID, spenderIds }),
    admin: await ensureBus(env, folder, "admin", { role: "admin", id: "supervisor" }),
    system: await ensureBus(env, folder, "system", { role: "system", id: "supervisor" }),
    sequencer: await ensureOperator(env, folder, "sequencer", "sequencer"),
    workers: operators,
  };
}

/** Everybody with an account that is not the treasury, in a fixed order. */
export function fundedAccounts({ publisher, payer, sequencer, workers }: Identities): AccountIdentity[] {
  return [publisher, payer, sequencer.account, ...workers.map((worker) => worker.account)];
}

async function ensureAccount(env: KeyEnv, folder: StateFolder, name: string): Promise<AccountIdentity> {
  const key = await ensureSecret(env, folder, `${name}.account`);
  return { name, address: await accountAddress(fromHex(key)), keyFile: folder.keyFile(`${name}.account`) };
}

async function ensureSigner(env: KeyEnv, folder: StateFolder, name: string): Promise<{ signer: NodeSigner; keyFile: string }> {
  const seed = await ensureSecret(env, folder, `${name}.signing`);
  return { signer: nodeEd25519Signer(fromHex(seed)), keyFile: folder.keyFile(`${name}.signing`) };
}

async function ensureOperator(env: KeyEnv, folder: StateFolder, name: string, role: "worker" | "sequencer"): Promise<OperatorIdentity> {
  const { signer, keyFile } = await ensureSigner(env, folder, name);
  const id = toHex(signer.publicKey);
  const [account, bus] = [await ensureAccount(env, folder, name), await ensureBus(env, folder, name, { role, id })];
  return { name, id, account, signer, signingKeyFile: keyFile, bus };
}

async function ensureBus(env: KeyEnv, folder: StateFolder, name: string, grantee: Grantee): Promise<BusIdentity> {
  const seedFile = folder.keyFile(`${name}.nats`);
  const files = { seedFile, jwtFile: folder.keyFile(`${name}.jwt`) };
  if ((await env.files.stat(seedFile)) !== undefined) {
    const seed = decodeUtf8(await env.files.readFile(seedFile)).trim();
    return { grantee, keys: userKeysOf(new Secret(seed)), ...files };
  }
  const keys = makeUserKeys();
  await env.files.createFile(seedFile, encodeUtf8(`${keys.seed.reveal()}\n`), { mode: 0o600 });
  return { grantee, keys, ...files };
}
