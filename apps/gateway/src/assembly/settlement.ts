import { strictVerifier } from "@lamina/codec";
import { ALL_PRECONFIRMATIONS, type Unsubscribe } from "@lamina/messaging";
import { nodeEd25519Verify } from "@lamina/primitives/node";
import type { GatewayDependencies } from "../gateway-parts.ts";
import { FinalLog } from "../receipts/final-log.ts";
import { Preconfirmations } from "../receipts/preconfirmations.ts";
import { ReceiptDesk } from "../receipts/receipt-desk.ts";
import { SettlementFollower } from "../receipts/settlement-follower.ts";
import { SettlementStore } from "../receipts/settlement-store.ts";
import type { Execution } from "./execution.ts";
import type { Foundation } from "./foundation.ts";

/** What follows jobs into blocks, and tells it in receipts. */
export interface Settlement {
  readonly follower: SettlementFollower;
  readonly receipts: ReceiptDesk;
  readonly announcements: Unsubscribe;
}

export function buildSettlement(foundation: Foundation, { archive, requests }: Execution, dependencies: GatewayDependencies): Settlement {
  const { env, bus, logger, checkpoint } = dependencies;
  const { committedBlock, prover } = dependencies.settlement;
  const { chainId, sql, tenants, chain } = foundation;
  const store = new SettlementStore({ sql, tenants });
  const isOurs = (lane: bigint) => chain.latest?.lanes.has(lane) ?? false;
  const follower = new SettlementFollower({ chainId }, { env, chain, committedBlock, store, isOurs, logger });
  const preconfirmations = new Preconfirmations({ chainId }, { env, chain, store, verify: strictVerifier(nodeEd25519Verify), logger });
  const receipts = new ReceiptDesk({ archive, requests, store, follower, finalLog: new FinalLog({ store }), prover, checkpoint, logger });
  return { follower, receipts, announcements: bus.listen(ALL_PRECONFIRMATIONS, (notice) => preconfirmations.hear(notice)) };
}
