import { fromBinary } from "@bufbuild/protobuf";
import { type CommittedMessage, type TxEvent, typedEvent } from "@lamina/chain-client";
import { toHex } from "@lamina/primitives";
import { escrow, escrowTx } from "@lamina/protocol";
import { bytea } from "./bytes.ts";
import { type HeightContext, hold, known, violate } from "./height-context.ts";
import { depositOf, type LedgerBlock, placeOf, takeNumber } from "./ledger.ts";

const FORCED = 2;
const BLOCK = 1;

/** A lane as it stands after a change to its terms, and what the change moved between it and its payer's deposit (I2). */
export function addLane(context: HeightContext, event: TxEvent): void {
  const told = typedEvent(escrow.EventLaneSchema, event);
  if (told?.lane === undefined) return;
  const { changes, ledger, block } = context;
  const { lane, change } = told;
  const before = ledger.lanes.get(lane.id)?.balance ?? 0n;
  const balance = BigInt(lane.balance);
  moveDeposit(context, lane.payer, before - balance, `lane ${lane.id}`);
  if (change === "topped_up") hold(context, "I2", `lane ${lane.id}`, before + topUpOf(context.message, balance - before), balance);
  if (change === "revoked") hold(context, "I2", `lane ${lane.id}`, before, balance);
  ledger.lanes.set(lane.id, { payer: lane.payer, balance, isClosed: lane.closed });
  changes.movedLanes.add(lane.id);
  changes.lanes.push({
    lane: `${lane.id}`,
    payer: lane.payer,
    spender_key: bytea(lane.spenderKey),
    balance_ulam: `${balance}`,
    end_height: `${lane.endHeight}`,
    models: lane.models.map((model) => toHex(model)),
    levels: lane.levels,
    is_revoked: lane.revoked,
    is_closed: lane.closed,
    registered_height: `${lane.registeredHeight}`,
    updated_height: `${block.height}`,
  });
}

function topUpOf(message: CommittedMessage | undefined, otherwise: bigint): bigint {
  if (message?.typeName !== escrowTx.MsgTopUpLaneSchema.typeName) return otherwise;
  return BigInt(fromBinary(escrowTx.MsgTopUpLaneSchema, message.value).amount);
}

function moveDeposit(context: HeightContext, payer: string, by: bigint, subject: string): void {
  const deposit = depositOf(context.ledger, payer);
  deposit.free += by;
  context.changes.movedPayers.add(payer);
  if (deposit.free < 0n) violate(context, "I2", `${subject}: deposit of ${payer}`, "0 or more", deposit.free);
}

/** Deposits, and both ends of withdrawals. */
export function addDeposit(context: HeightContext, event: TxEvent): void {
  const told = typedEvent(escrow.EventDepositSchema, event);
  if (told === undefined) return;
  const { changes, ledger, block, flows } = context;
  const amount = BigInt(told.amount);
  const deposit = depositOf(ledger, told.payer);
  if (told.change === "deposited") {
    moveDeposit(context, told.payer, amount, "deposit");
    flows.escrow += amount;
  } else if (told.change === "withdrawal_requested") {
    moveDeposit(context, told.payer, -amount, `withdrawal ${told.withdrawalId}`);
    deposit.leaving += amount;
  } else {
    deposit.leaving -= amount;
    flows.escrow -= amount;
    changes.movedPayers.add(told.payer);
    if (deposit.leaving < 0n) violate(context, "I2", `withdrawal ${told.withdrawalId}`, "a request of that amount before", deposit.leaving);
  }
  changes.transfers.push({
    id: `${takeNumber(ledger, "transfers")}`,
    height: `${block.height}`,
    kind: told.change,
    account: told.payer,
    amount_ulam: told.amount,
    block_id: null,
    lane: null,
    withdrawal_id: told.withdrawalId === 0n ? null : `${told.withdrawalId}`,
  });
}

/** What leaves a pot: to worker, sequencer and protocol, or back to a lane. It belongs to a block that is not final yet. */
export function addPayment(context: HeightContext, event: TxEvent): void {
  const payment = typedEvent(escrow.EventPaymentSchema, event);
  if (payment === undefined) return;
  const { changes, ledger, block, flows } = context;
  const amount = BigInt(payment.amount);
  const place = placeOf(payment.forced ? FORCED : BLOCK, payment.number);
  const settled = known(context, ledger.pending.get(place), `a block ${place} that is accepted and not final, for a ${payment.kind} payment`);
  book(context, settled, payment, amount);
  if (payment.kind !== "refund") flows.escrow -= amount;
  changes.transfers.push({
    id: `${takeNumber(ledger, "transfers")}`,
    height: `${block.height}`,
    kind: payment.kind,
    account: payment.recipient,
    amount_ulam: payment.amount,
    block_id: `${settled.id}`,
    lane: payment.lane === 0n ? null : `${payment.lane}`,
    withdrawal_id: null,
  });
}

function book(context: HeightContext, settled: LedgerBlock, payment: escrow.EventPayment, amount: bigint): void {
  switch (payment.kind) {
    case "worker":
      settled.workers += amount;
      return;
    case "sequencer":
      settled.sequencer += amount;
      return;
    case "protocol":
      settled.protocol += amount;
      return;
    case "refund":
      settled.refunded += amount;
      refund(context, payment.lane, amount);
      return;
    default:
      violate(context, "I5", `payment out of block ${settled.id}`, "worker, sequencer, protocol or refund", payment.kind);
  }
}

/** To the lane, or to its payer's deposit where the lane is closed. */
function refund(context: HeightContext, id: bigint, amount: bigint): void {
  const lane = known(context, context.ledger.lanes.get(id), `lane ${id}, which gets a refund`);
  if (lane.isClosed) {
    moveDeposit(context, lane.payer, amount, `refund of lane ${id}`);
    return;
  }
  lane.balance += amount;
  context.changes.movedLanes.add(id);
}
