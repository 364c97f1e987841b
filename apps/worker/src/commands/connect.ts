import { type ChainConnection, ChainReader, connectChain, forceInclude, readKeyFile, TX_SENDER_DEFAULTS, TxSender } from "@lamina/chain-client";
import { type Bus, connectNatsBus } from "@lamina/messaging";
import { BaseError, decodeUtf8, type Env, Secret } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import type { Logger } from "@lamina/telemetry";
import type { WorkerConfig } from "../config.ts";

const OTHERS = 0o077;

/** A secret lies where others can read it. */
export class LooseSecretError extends BaseError<"LOOSE_SECRET"> {
  readonly details: { readonly path: string; readonly expected: string; readonly found: string };
  constructor(details: { path: string; expected: string; found: string }) {
    super("LOOSE_SECRET", `${details.path}: expected ${details.expected}, found ${details.found}`);
    this.details = details;
  }
}

export interface ChainAccess {
  readonly connection: ChainConnection;
  readonly reader: ChainReader;
}

/** Throws `ChainUnreachableError`, `WrongChainError` (I34). */
export async function openChain({ rpcUrl, chainId, rpcTimeoutMs: timeoutMs }: WorkerConfig): Promise<ChainAccess> {
  const connection = await connectChain({ url: rpcUrl, chainId, timeoutMs });
  return { connection, reader: new ChainReader(connection.comet) };
}

/** The worker's signing key. Throws `KeyFileError`. */
export async function openSigner(env: Pick<Env, "files">, { keyFile }: WorkerConfig) {
  return nodeEd25519Signer(await readKeyFile(env, keyFile));
}

/** The one writer of the worker's account; undefined without a key file for it. */
export async function openSender(
  env: Pick<Env, "files" | "timers">,
  { accountKeyFile, gasPriceUlamPerMillion }: WorkerConfig,
  { connection }: ChainAccess,
  logger: Logger,
): Promise<TxSender | undefined> {
  if (accountKeyFile === undefined) return undefined;
  const account = await connection.account(await readKeyFile(env, accountKeyFile));
  return new TxSender({ ...TX_SENDER_DEFAULTS, gasPriceUlamPerMillion }, { env, comet: connection.comet, account, logger });
}

export function forcedSender(sender: TxSender | undefined): ((run: Uint8Array) => Promise<bigint>) | undefined {
  return sender === undefined ? undefined : async (run) => (await forceInclude(sender, run)).sequence;
}

/** Connects to the bus as the worker of that id. The token's file is read at every connect, so that a renewed one is picked up. */
export async function openBus(env: Env, { nats }: WorkerConfig, workerId: string, logger: Logger): Promise<Bus> {
  const seed = new Secret(await readSecretFile(env, nats.seedFile));
  let jwt = await readText(env, nats.jwtFile);
  const refresh = env.timers.setInterval(() => {
    readText(env, nats.jwtFile).then(
      (text) => {
        jwt = text;
      },
      (error: unknown) => logger.warn("the bus credential cannot be read again", { path: nats.jwtFile, error }),
    );
  }, JWT_REFRESH_MS);
  refresh.unref();
  const tls = nats.caFile === undefined ? {} : { tls: { caFile: nats.caFile } };
  const credentials = { userJwt: () => jwt, seed };
  const onFault = (what: string, error: unknown) => logger.warn("bus fault", { what, error });
  return connectNatsBus({ peer: { role: "worker", id: workerId }, servers: nats.servers, credentials, ...tls }, { env, onFault });
}

const JWT_REFRESH_MS = 10_000;

async function readText(env: Pick<Env, "files">, path: string): Promise<string> {
  return decodeUtf8(await env.files.readFile(path)).trim();
}

async function readSecretFile(env: Pick<Env, "files">, path: string): Promise<string> {
  const stat = await env.files.stat(path);
  if (stat?.kind !== "file") throw new LooseSecretError({ path, expected: "a file", found: stat === undefined ? "nothing" : `a ${stat.kind}` });
  if ((stat.mode & OTHERS) !== 0) throw new LooseSecretError({ path, expected: "mode 600", found: `mode ${stat.mode.toString(8)}` });
  return readText(env, path);
}
