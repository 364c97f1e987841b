import { appMain } from "../checkout.ts";
import type { AppInputs } from "./app-inputs.ts";
import { appEnvironment, foundationNames } from "./app-inputs.ts";
import type { ProcessPlan } from "./process-plan.ts";

export function planSequencer(inputs: AppInputs): ProcessPlan {
  const { checkout, folder, ports, identities } = inputs;
  const { sequencer } = identities;
  const state = folder.appFolder("sequencer");
  return {
    name: "sequencer",
    command: checkout.node,
    args: [appMain(checkout, "sequencer")],
    env: {
      ...appEnvironment(inputs, state),
      NATS_USER_JWT_FILE: sequencer.bus.jwtFile,
      NATS_SEED_FILE: sequencer.bus.seedFile,
      ACCOUNT_KEY_FILE: sequencer.account.keyFile,
      SIGNING_KEY_FILE: sequencer.signingKeyFile,
      STATE_DIR: state,
      SEQUENCER_ID: sequencer.id,
      HTTP_HOST: "127.0.0.1",
      HTTP_PORT: `${ports.sequencer}`,
    },
    cwd: state,
    ports: [{ port: ports.sequencer, purpose: "health and metrics" }],
    readiness: { kind: "http", url: `http://127.0.0.1:${ports.sequencer}/health/ready` },
    readyTimeoutMs: 60_000,
    after: foundationNames(inputs),
    stopSignal: "SIGTERM",
    stopGraceMs: 20_000,
  };
}
