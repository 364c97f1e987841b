import type { CommittedBlock } from "@lamina/chain-client";
import type { ChainProver } from "@lamina/light-client";
import type { Bus } from "@lamina/messaging";
import type { Env, Secret } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { PrometheusMetrics } from "@lamina/telemetry/prometheus";
import type { ChainSource } from "./chain/chain-snapshot.ts";
import type { SpenderKeys } from "./jobs/spender-keys.ts";
import type { TrustStart } from "./receipts/receipt-desk.ts";
import type { TlsFiles } from "./tls-files.ts";

export interface GatewaySecrets {
  readonly databaseUrl: Secret<string>;
  /** Pepper of API keys and root of the vault; 32 bytes. */
  readonly secret: Secret<Uint8Array>;
  readonly adminToken: Secret<string>;
  readonly tls: TlsFiles | undefined;
}

/** What the gateway is given of the world. */
export interface GatewayDependencies {
  readonly env: Env;
  readonly bus: Bus;
  readonly chain: ChainSource;
  /** Committed heights, and proofs about them. */
  readonly settlement: { readonly committedBlock: (height: bigint) => Promise<CommittedBlock>; readonly prover: ChainProver };
  readonly checkpoint: TrustStart | undefined;
  readonly spenders: SpenderKeys;
  readonly secrets: GatewaySecrets;
  readonly metrics: PrometheusMetrics;
  readonly logger: Logger;
  readonly version: string;
}
