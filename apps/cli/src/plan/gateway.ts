import { appMain } from "../checkout.ts";
import { GATEWAY_ID } from "../network/identities/identities.ts";
import type { AppInputs } from "./app-inputs.ts";
import { appEnvironment, foundationNames } from "./app-inputs.ts";
import type { ProcessPlan } from "./process-plan.ts";

export function planGateway(inputs: AppInputs): ProcessPlan {
  const { checkout, folder, ports, identities } = inputs;
  const state = folder.appFolder("gateway");
  return {
    name: "gateway",
    command: checkout.node,
    args: [appMain(checkout, "gateway")],
    env: {
      ...appEnvironment(inputs, state),
      NATS_USER_JWT_FILE: identities.gateway.jwtFile,
      NATS_SEED_FILE: identities.gateway.seedFile,
      DATABASE_URL_FILE: inputs.databaseUrlFiles.gateway,
      GATEWAY_ID,
      GATEWAY_HOST: "127.0.0.1",
      GATEWAY_PORT: `${ports.gateway}`,
      GATEWAY_ADMIN_PORT: `${ports.gatewayAdmin}`,
      GATEWAY_ADMIN_TOKEN_FILE: folder.keyFile("gateway-admin-token"),
      GATEWAY_SECRET_FILE: folder.keyFile("gateway-secret"),
      GATEWAY_SPENDER_KEY_FILES: identities.spender.keyFile,
      GATEWAY_MODEL_FOLDERS: inputs.modelsFolder,
      CHECKPOINT_FILE: folder.checkpointFile,
    },
    cwd: state,
    ports: [
      { port: ports.gateway, purpose: "HTTP" },
      { port: ports.gatewayAdmin, purpose: "administration and metrics" },
    ],
    readiness: { kind: "http", url: `http://127.0.0.1:${ports.gateway}/v2/health/live` },
    readyTimeoutMs: 60_000,
    after: foundationNames(inputs),
    stopSignal: "SIGTERM",
    stopGraceMs: 20_000,
  };
}
