import { baseEnvironment } from "./base-environment.ts";
import type { NetworkInputs } from "./network-inputs.ts";
import type { ProcessPlan } from "./process-plan.ts";

/**
 * One node per validator. All are started before any is waited for: no block is made until more than two thirds of them vote, so only the last
 * one waits for a committed height.
 */
export function planChain(inputs: NetworkInputs): ProcessPlan[] {
  return Array.from({ length: inputs.record.validators }, (_, index) => planValidator(inputs, index));
}

export function validatorName(index: number): string {
  return `validator-${index}`;
}

function planValidator({ checkout, folder, ports, record }: NetworkInputs, index: number): ProcessPlan {
  const own = ports.validator(index);
  const home = folder.chainHome(index);
  const isLast = index === record.validators - 1;
  return {
    name: validatorName(index),
    command: checkout.laminad,
    args: ["start", "--home", home],
    env: baseEnvironment(home),
    cwd: home,
    ports: [
      { port: own.p2p, purpose: "peers" },
      { port: own.rpc, purpose: "RPC" },
    ],
    readiness: isLast ? { kind: "chain", rpcUrl: `http://127.0.0.1:${own.rpc}` } : { kind: "running" },
    readyTimeoutMs: 120_000,
    after: index === 0 ? [] : [validatorName(index - 1)],
    stopSignal: "SIGTERM",
    stopGraceMs: 20_000,
  };
}
