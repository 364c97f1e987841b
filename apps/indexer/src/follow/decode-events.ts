import type { TxEvent } from "@lamina/chain-client";
import { typedEvent } from "@lamina/chain-client";
import { encodeFinalRecord, type FinalRecordKind } from "@lamina/codec";
import type { Digest } from "@lamina/primitives";
import { toHex } from "@lamina/primitives";
import { escrow, registry, rollup } from "@lamina/protocol";
import { bytea } from "./bytes.ts";
import type { ChangesBuilder } from "./changes.ts";
import { exceptionsOf } from "./exceptions.ts";

const ROLES: Readonly<Record<number, string>> = { [registry.OperatorRole.WORKER]: "worker", [registry.OperatorRole.SEQUENCER]: "sequencer" };
const STATUSES: Readonly<Record<number, string>> = {
  [registry.OperatorStatus.ACTIVE]: "active",
  [registry.OperatorStatus.PAUSED]: "paused",
  [registry.OperatorStatus.JAILED]: "jailed",
  [registry.OperatorStatus.CONVICTED]: "convicted",
  [registry.OperatorStatus.UNBONDING]: "unbonding",
  [registry.OperatorStatus.GONE]: "gone",
};

/** Adds what one typed event says; events that no table shows are passed over. */
export function addEvent(changes: ChangesBuilder, event: TxEvent, height: bigint): void {
  for (const add of [addOperator, addLane, addPayment, addDeposit, addSlash, addTerm, addFinal]) add(changes, event, height);
}

function addOperator(changes: ChangesBuilder, event: TxEvent, height: bigint): void {
  const operator = typedEvent(registry.EventOperatorSchema, event)?.operator;
  if (operator === undefined) return;
  const operatorId = `${operator.id}`;
  changes.operators.push({
    operator_id: operatorId,
    role: ROLES[operator.role] ?? `role ${operator.role}`,
    account: operator.operator,
    signing_key: bytea(operator.signingKey),
    nats_key: operator.natsKey,
    status: STATUSES[operator.status] ?? `status ${operator.status}`,
    bond_ulam: operator.bond,
    region: operator.region,
    capabilities: operator.capabilities,
    offers: operator.offers.map(({ modelId, unitPrice }) => ({ modelId: toHex(modelId), unitPriceUlam: `${unitPrice}` })),
    registered_height: `${operator.registeredHeight}`,
    updated_height: `${height}`,
  });
  changes.signingKeys.push({ signing_key: bytea(operator.signingKey), operator_id: operatorId, registered_height: `${height}` });
}

function addLane(changes: ChangesBuilder, event: TxEvent, height: bigint): void {
  const lane = typedEvent(escrow.EventLaneSchema, event)?.lane;
  if (lane === undefined) return;
  changes.lanes.push({
    lane: `${lane.id}`,
    payer: lane.payer,
    spender_key: bytea(lane.spenderKey),
    end_height: `${lane.endHeight}`,
    models: lane.models.map((model) => toHex(model)),
    levels: lane.levels,
    is_revoked: lane.revoked,
    is_closed: lane.closed,
    registered_height: `${lane.registeredHeight}`,
    updated_height: `${height}`,
  });
}

function addPayment(changes: ChangesBuilder, event: TxEvent, height: bigint): void {
  const payment = typedEvent(escrow.EventPaymentSchema, event);
  if (payment === undefined) return;
  changes.transfers.push({
    height: `${height}`,
    kind: payment.kind,
    account: payment.recipient,
    amount_ulam: payment.amount,
    block_kind: payment.forced ? 2 : 1,
    number: `${payment.number}`,
    lane: payment.lane === 0n ? null : `${payment.lane}`,
  });
}

function addDeposit(changes: ChangesBuilder, event: TxEvent, height: bigint): void {
  const deposit = typedEvent(escrow.EventDepositSchema, event);
  if (deposit === undefined) return;
  const line = { height: `${height}`, kind: deposit.change, account: deposit.payer, amount_ulam: deposit.amount };
  changes.transfers.push({ ...line, block_kind: null, number: null, lane: null });
}

function addSlash(changes: ChangesBuilder, event: TxEvent, height: bigint): void {
  const slash = typedEvent(registry.EventSlashSchema, event);
  if (slash === undefined) return;
  changes.faults.push({
    height: `${height}`,
    operator_id: `${slash.operatorId}`,
    fault: slash.fault,
    slashed_ulam: slash.slashed,
    burnt_ulam: slash.burnt,
    reward_ulam: slash.reward,
    reporter: slash.reporter,
  });
}

function addTerm(changes: ChangesBuilder, event: TxEvent): void {
  const started = typedEvent(rollup.EventTermSchema, event);
  if (started?.term === undefined) return;
  const { term, operatorId, key, startedHeight } = started.term;
  changes.terms.push({
    term: `${term}`,
    operator_id: `${operatorId}`,
    key: bytea(key),
    started_height: `${startedHeight}`,
    reason: started.reason,
  });
}

function addFinal(changes: ChangesBuilder, event: TxEvent): void {
  const final = typedEvent(rollup.EventBlockFinalSchema, event);
  if (final?.record === undefined) return;
  const { record } = final;
  const exceptions = exceptionsOf(final.exceptions);
  const recordBytes = encodeFinalRecord({
    ...record,
    kind: record.kind as FinalRecordKind,
    headerHash: record.headerHash as Digest,
    rowsRoot: record.rowsRoot as Digest,
    exceptionsDigest: record.exceptionsDigest as Digest,
  });
  changes.finals.push({
    kind: record.kind,
    term: `${record.term}`,
    number: `${record.number}`,
    line: {
      final_height: `${record.finalHeight}`,
      refunded_ulam: `${record.refunded}`,
      final_log_index: `${final.logIndex}`,
      final_record: bytea(recordBytes),
      exceptions,
    },
    outcomes: exceptions.filter(({ outcome }) => outcome === "refunded"),
  });
}
