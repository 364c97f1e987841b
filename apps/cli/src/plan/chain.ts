import { baseEnvironment } from "./base-environment.ts";
import type { NetworkInputs } from "./network-inputs.ts";
import type { ProcessPlan } from "./process-plan.ts";

/**
 * One node per validator, `nodeIds` in their order. All are started before any is waited for: no block is made until more than two thirds of them
 * vote, so only the last one waits for a committed height.
 */
export function planChain(inputs: NetworkInputs, nodeIds: readonly string[]): ProcessPlan[] {
  return nodeIds.map((_, index) => planValidator(inputs, nodeIds, index));
}

export function validatorName(index: number): string {
  return `validator-${index}`;
}

function planValidator({ checkout, folder, ports }: NetworkInputs, nodeIds: readonly string[], index: number): ProcessPlan {
  const own = ports.validator(index);
  const home = folder.chainHome(index);
  const isLast = index === nodeIds.length - 1;
  const peers = nodeIds.map((id, peer) => `${id}@127.0.0.1:${ports.validator(peer).p2p}`).filter((_, peer) => peer !== index);
  // The node registers the simulation of transactions, which senders ask over RPC, only where gRPC is on.
  const grpc = ["--grpc.enable", "--grpc.address", `127.0.0.1:${own.grpc}`];
  // Addresses are given here, not read from the home's configuration, so that a network can move to other ports.
  const addresses = [
    "--p2p.laddr",
    `tcp://127.0.0.1:${own.p2p}`,
    "--rpc.laddr",
    `tcp://127.0.0.1:${own.rpc}`,
    "--p2p.persistent_peers",
    peers.join(","),
  ];
  return {
    name: validatorName(index),
    command: checkout.laminad,
    args: ["start", "--home", home, ...addresses, ...grpc],
    env: baseEnvironment(home),
    cwd: home,
    ports: [
      { port: own.p2p, purpose: "peers" },
      { port: own.rpc, purpose: "RPC" },
      { port: own.grpc, purpose: "gRPC" },
    ],
    readiness: isLast ? { kind: "chain", rpcUrl: `http://127.0.0.1:${own.rpc}` } : { kind: "running" },
    readyTimeoutMs: 120_000,
    after: index === 0 ? [] : [validatorName(index - 1)],
    stopSignal: "SIGTERM",
    stopGraceMs: 20_000,
  };
}
