import type { ChainReader } from "@lamina/chain-client";
import type { BondChecker, BondStanding } from "@lamina/messaging";
import { fromHex, isHex, PUBLIC_KEY_BYTES, publicKey } from "@lamina/primitives";
import { registry } from "@lamina/protocol";

/** What the chain says of a worker that is named by its signing key in hex (T18). Only an active one is vouched for. */
export function chainBondChecker(reader: () => Promise<Pick<ChainReader, "operatorByKey">>): BondChecker {
  return {
    standingOf: async (workerId): Promise<BondStanding> => {
      if (!isHex(workerId, PUBLIC_KEY_BYTES)) return { kind: "not-bonded", reason: "its id is no signing key" };
      const operator = await (await reader()).operatorByKey(publicKey(fromHex(workerId)));
      if (operator === undefined) return { kind: "not-bonded", reason: "the chain does not know its key" };
      if (operator.role !== registry.OperatorRole.WORKER) return { kind: "not-bonded", reason: "its key is not a worker's" };
      if (operator.status === registry.OperatorStatus.ACTIVE) return { kind: "bonded", natsPublicKey: operator.natsKey };
      const [status] = Object.entries(registry.OperatorStatus).find(([, value]) => value === operator.status) ?? ["unknown"];
      return { kind: "not-bonded", reason: `its status is ${status.toLowerCase()}` };
    },
  };
}
