import { createHash } from "node:crypto";
import { toBech32 } from "@cosmjs/encoding";
import { DirectSecp256k1Wallet } from "@cosmjs/proto-signing";
import { SigningStargateClient, StargateClient } from "@cosmjs/stargate";
import { Comet38Client, HttpClient } from "@cosmjs/tendermint-rpc";
import { type ChainId, decodeUtf8, toHex } from "@lamina/primitives";
import { TxRaw } from "cosmjs-types/cosmos/tx/v1beta1/tx";
import type { Account, AccountState, ChainConnection } from "./account.ts";
import { ChainUnreachableError, HeightMissingError, QueryRefusedError, WrongChainError } from "./chain-errors.ts";
import type { AbciQuery, Comet, IncludedTx } from "./comet.ts";
import { findTxInBlock, readCommittedBlock, responsesOf } from "./cosmjs-block.ts";
import { ADDRESS_PREFIX, DENOM, txRegistry } from "./messages.ts";

export interface ChainOptions {
  /** `http://host:port` of a node's RPC. */
  readonly url: string;
  readonly chainId: ChainId;
  /** How long one call may take. */
  readonly timeoutMs: number;
}

/**
 * Connects over CosmJS. Throws `ChainUnreachableError`, or `WrongChainError` where the node serves another chain (I34). HTTP calls are independent
 * of each other, so a node that restarts needs no reconnecting.
 */
export async function connectChain(options: ChainOptions): Promise<ChainConnection> {
  const http = new HttpClient(options.url, options.timeoutMs);
  // Named outright: the detecting `connectComet` takes this node for a 0.37 and loses finalizeBlockEvents.
  const client = Comet38Client.create(http);
  const comet = cometOf(options, http, client);
  const { chainId } = await comet.status();
  if (chainId !== options.chainId) throw new WrongChainError({ expected: options.chainId, found: chainId, url: options.url });
  const reader = StargateClient.create(client);
  const balanceUlam = (address: string) => reach(options, "balance", async () => BigInt((await reader.getBalance(address, DENOM)).amount));
  return { comet, balanceUlam, account: (privateKey) => accountOf(options, client, privateKey, balanceUlam) };
}

function cometOf(options: ChainOptions, http: HttpClient, client: Comet38Client): Comet {
  let calls = 0;
  const execute = async (method: string, params: Readonly<Record<string, unknown>>): Promise<unknown> =>
    (await http.execute({ jsonrpc: "2.0", id: ++calls, method, params: { ...params } as never })).result;
  return {
    call: (method, params) => reach(options, method, () => execute(method, params)),
    status: () =>
      reach(options, "status", async () => {
        const { nodeInfo, syncInfo } = await client.status();
        const latestTimeMs = syncInfo.latestBlockTime.getTime();
        return { chainId: nodeInfo.network, latestHeight: BigInt(syncInfo.latestBlockHeight), latestTimeMs, isCatchingUp: syncInfo.catchingUp };
      }),
    abciQuery: (query) => reach(options, query.path, () => abciQuery(client, query)),
    broadcast: (tx) =>
      reach(options, "broadcast_tx_sync", async () => {
        const { code, codespace, log } = await client.broadcastTxSync({ tx });
        return { code, codespace: codespace ?? "", log: log ?? "" };
      }),
    findTx: (hash) => reach(options, "tx", () => findTx(client, hash)),
    findTxAt: (hash, height) => reach(options, "block", () => findTxInBlock(execute, hash, height)),
    committedBlock: (height) => reach(options, "block", () => readCommittedBlock(execute, height)),
  };
}

async function abciQuery(client: Comet38Client, { path, data, height }: AbciQuery) {
  const answer = await client.abciQuery({ path, data, prove: false, ...(height === undefined ? {} : { height: Number(height) }) });
  const { codespace, value, log } = answer;
  return { code: answer.code ?? 0, codespace, log: log ?? "", value, height: BigInt(answer.height ?? 0) };
}

async function findTx(client: Comet38Client, hash: Uint8Array): Promise<IncludedTx | undefined> {
  try {
    const { height, result } = await client.tx({ hash });
    const { code, codespace = "", log = "", gasWanted, gasUsed, events, data } = result;
    const responses = responsesOf(data ?? new Uint8Array());
    return { hash: toHex(hash).toUpperCase(), height: BigInt(height), code, codespace, log, gasWanted, gasUsed, events, responses };
  } catch (error) {
    // The RPC tells "not yet" from "cannot" by words alone.
    if (error instanceof Error && error.message.includes("not found")) return undefined;
    throw error;
  }
}

/** The address of a secp256k1 private key (32 bytes), without a chain: a genesis names accounts before there is one. */
export async function accountAddress(privateKey: Uint8Array): Promise<string> {
  const wallet = await DirectSecp256k1Wallet.fromKey(privateKey, ADDRESS_PREFIX);
  const [{ address } = { address: "" }] = await wallet.getAccounts();
  return address;
}

/** The address of a chain module's own account. Source: the SDK's `address.Module`: the first 20 bytes of the name's SHA-256. */
export function moduleAddress(name: string): string {
  return toBech32(ADDRESS_PREFIX, createHash("sha256").update(name).digest().subarray(0, 20));
}

async function accountOf(
  options: ChainOptions,
  client: Comet38Client,
  privateKey: Uint8Array,
  balanceUlam: (address: string) => Promise<bigint>,
): Promise<Account> {
  const registry = txRegistry();
  const wallet = await DirectSecp256k1Wallet.fromKey(privateKey, ADDRESS_PREFIX);
  const [{ address } = { address: "" }] = await wallet.getAccounts();
  const signing = SigningStargateClient.createWithSigner(client, wallet, { registry });
  return {
    address,
    state: () => reach(options, "account", () => stateOf(signing, address)),
    balanceUlam: () => balanceUlam(address),
    simulate: async (messages, { accountNumber, sequence }) => {
      const signer = { accountNumber, sequence: Number(sequence), chainId: options.chainId };
      const tx = TxRaw.encode(await signing.sign(address, messages, { amount: [], gas: "0" }, "", signer)).finish();
      return simulate(options, client, tx);
    },
    sign: async (messages, { account, gasLimit, feeUlam, memo, timeoutHeight }) => {
      const fee = { amount: [{ denom: DENOM, amount: `${feeUlam}` }], gas: `${gasLimit}` };
      const signer = { accountNumber: account.accountNumber, sequence: Number(account.sequence), chainId: options.chainId };
      return TxRaw.encode(await signing.sign(address, messages, fee, memo, signer, timeoutHeight)).finish();
    },
  };
}

async function stateOf(client: StargateClient, address: string): Promise<AccountState | undefined> {
  const account = await client.getAccount(address);
  return account === null ? undefined : { accountNumber: BigInt(account.accountNumber), sequence: BigInt(account.sequence) };
}

/** By ABCI's own path: the transaction service behind CosmJS' `simulate` is there only where a node serves gRPC or REST. */
async function simulate(options: ChainOptions, client: Comet38Client, tx: Uint8Array): Promise<bigint> {
  const path = "app/simulate";
  const { code, codespace, log, value } = await reach(options, path, () => abciQuery(client, { path, data: tx }));
  if (code !== 0) throw new QueryRefusedError({ path, codespace, code, log });
  const answer = JSON.parse(decodeUtf8(value)) as { gas_info?: { gas_used?: string } };
  return BigInt(answer.gas_info?.gas_used ?? 0);
}

async function reach<T>(options: ChainOptions, operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HeightMissingError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChainUnreachableError({ operation, url: options.url, reason }, { cause: error });
  }
}
