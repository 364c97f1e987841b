import { appMain } from "../checkout.ts";
import type { AppInputs } from "./app-inputs.ts";
import { appEnvironment, foundationNames } from "./app-inputs.ts";
import type { ProcessPlan } from "./process-plan.ts";

export function planIndexer(inputs: AppInputs): ProcessPlan {
  const { checkout, folder, ports } = inputs;
  const state = folder.appFolder("indexer");
  return {
    name: "indexer",
    command: checkout.node,
    args: [appMain(checkout, "indexer")],
    env: {
      ...appEnvironment(inputs, state),
      DATABASE_URL_FILE: inputs.databaseUrlFiles.indexer,
      HTTP_HOST: "127.0.0.1",
      HTTP_PORT: `${ports.index}`,
    },
    cwd: state,
    ports: [{ port: ports.index, purpose: "queries" }],
    readiness: { kind: "http", url: `http://127.0.0.1:${ports.index}/health/ready` },
    readyTimeoutMs: 60_000,
    after: foundationNames(inputs),
    stopSignal: "SIGTERM",
    stopGraceMs: 20_000,
  };
}
