import type { Identities } from "../network/identities/identities.ts";
import { baseEnvironment } from "./base-environment.ts";
import { validatorName } from "./chain.ts";
import type { NetworkInputs } from "./network-inputs.ts";

/** What the planners of the apps look at beside the network itself. Secrets are named by their files. */
export interface AppInputs extends NetworkInputs {
  readonly identities: Identities;
  readonly rpcUrl: string;
  readonly natsUrl: string;
  /** Files that hold the URL by which each service logs in to Postgres. */
  readonly databaseUrlFiles: { readonly gateway: string; readonly indexer: string };
  /** Holds the files of models that are too large to be committed, a folder each. */
  readonly modelsFolder: string;
}

/** Everything that apps read alike. */
export function appEnvironment({ record, rpcUrl, natsUrl }: AppInputs, stateFolder: string): Record<string, string> {
  return { ...baseEnvironment(stateFolder), CHAIN_ID: record.chainId, RPC_URL: rpcUrl, NATS_URL: natsUrl, NODE_ENV: "production" };
}

/** The processes without which no app is started. */
export function foundationNames({ record }: NetworkInputs): string[] {
  const own = record.database === "embedded" ? ["postgres"] : [];
  return [...own, "nats", validatorName(record.validators - 1)];
}
