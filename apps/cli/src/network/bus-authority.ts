import { BusAuthority } from "@lamina/messaging";
import type { Env } from "@lamina/primitives";
import { CliError } from "../cli-error.ts";
import type { NetworkInputs } from "../plan/network-inputs.ts";
import { BUS_DISK_BYTES_MAX } from "./prepare-nats.ts";

/** Credentials are renewed long before; a supervisor that is down for a day lets them run out. */
export const CREDENTIAL_LIFE_MS = 24 * 3_600_000;

/** Opens the keys that the bus trusts (made at the first call). */
export function openBusAuthority(env: Pick<Env, "clock" | "timers" | "files">, inputs: NetworkInputs): Promise<BusAuthority> {
  const notYet = () => Promise.reject(new CliError("NOT_RUNNING", "no chain vouches for anybody yet", "Credentials of workers come once it runs."));
  return BusAuthority.open(
    {
      statePath: inputs.folder.keyFile("bus-authority.json"),
      account: { diskBytesMax: BUS_DISK_BYTES_MAX, streamsMax: 16, consumersMax: 256, payloadBytesMax: 1024 * 1024 },
      ttlMsMax: CREDENTIAL_LIFE_MS,
    },
    { env, bonds: { standingOf: notYet }, claims: { publishAccountClaims: notYet } },
  );
}
