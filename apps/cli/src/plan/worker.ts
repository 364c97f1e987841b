import { MODEL_NAMES } from "@lamina/models";
import { appMain } from "../checkout.ts";
import type { AppInputs } from "./app-inputs.ts";
import { appEnvironment, foundationNames } from "./app-inputs.ts";
import type { ProcessPlan } from "./process-plan.ts";

/**
 * One worker, `index` from 0. `isNew`: its key has never signed, so that it may begin a result log; a worker whose log is gone must not begin another
 * by itself (I11).
 */
export function planWorker(inputs: AppInputs, index: number, isNew: boolean): ProcessPlan {
  const { checkout, folder, ports, identities } = inputs;
  const worker = identities.workers[index];
  if (worker === undefined) throw new Error(`worker ${index} of ${identities.workers.length} has no keys`);
  const state = folder.appFolder(worker.name);
  const port = ports.worker(index);
  return {
    name: worker.name,
    command: checkout.node,
    args: [appMain(checkout, "worker")],
    env: {
      ...appEnvironment(inputs, state),
      NATS_USER_JWT_FILE: worker.bus.jwtFile,
      NATS_SEED_FILE: worker.bus.seedFile,
      ACCOUNT_KEY_FILE: worker.account.keyFile,
      SIGNING_KEY_FILE: worker.signingKeyFile,
      STATE_DIR: state,
      LAMINA_WORKER_MODELS: JSON.stringify(MODEL_NAMES),
      MODELS_DIR: inputs.modelsFolder,
      NEW_STATE: isNew ? "1" : "0",
      HTTP_HOST: "127.0.0.1",
      HTTP_PORT: `${port}`,
    },
    cwd: state,
    ports: [{ port, purpose: "health and metrics" }],
    readiness: { kind: "http", url: `http://127.0.0.1:${port}/healthz` },
    // Loading a model of 90 MB takes seconds on a busy machine.
    readyTimeoutMs: 120_000,
    after: foundationNames(inputs),
    stopSignal: "SIGTERM",
    stopGraceMs: 30_000,
  };
}
