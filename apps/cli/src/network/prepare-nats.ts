import { join } from "node:path";
import type { BusAuthority } from "@lamina/messaging";
import { renderServerConfig } from "@lamina/messaging";
import type { Env } from "@lamina/primitives";
import { decodeUtf8, encodeUtf8, Secret } from "@lamina/primitives";
import { NATS_CONFIG } from "../plan/nats.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { ensureSecret } from "../state/secrets.ts";

/** What the streams of a devnet may take on disk. */
export const BUS_DISK_BYTES_MAX = 4 * 1024 ** 3;

/** Writes the server's configuration (0600: it holds the key of the streams on disk), with the tokens that the authority signed. */
export async function prepareNats(env: Pick<Env, "files" | "random">, inputs: NetworkInputs, authority: BusAuthority): Promise<void> {
  const { folder, ports, record, checkout } = inputs;
  const at = (name: string) => join(folder.natsFolder, name);
  for (const each of [folder.natsFolder, at("accounts"), at("jetstream")]) await env.files.mkdir(each);
  const template = decodeUtf8(await env.files.readFile(join(checkout.root, "infra", "devnet", "nats", "nats-server.conf.template")));
  const config = renderServerConfig(template, {
    serverName: record.chainId,
    host: "127.0.0.1",
    clientPort: ports.nats,
    monitorPort: ports.natsMonitor,
    trust: await authority.serverTrust(),
    accountsDirectory: at("accounts"),
    storeDirectory: at("jetstream"),
    fileStoreBytesMax: BigInt(BUS_DISK_BYTES_MAX),
    fileStoreKey: new Secret(await ensureSecret(env, folder, "nats-file-store")),
  });
  await env.files.writeFileAtomic(at(NATS_CONFIG), encodeUtf8(config), { mode: 0o600 });
}
