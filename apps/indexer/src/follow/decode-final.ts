import { type TxEvent, typedEvent } from "@lamina/chain-client";
import { type ExceptionRun, encodeFinalRecord, exceptionsDigest, type FinalRecordKind, type Outcome } from "@lamina/codec";
import { append } from "@lamina/merkle";
import { type Digest, toHex } from "@lamina/primitives";
import { rollup } from "@lamina/protocol";
import { bytea } from "./bytes.ts";
import { type Exceptions, exceptionsOf, outcomeAt } from "./exceptions.ts";
import { type HeightContext, hold, known, violate } from "./height-context.ts";
import { type LedgerBlock, placeOf } from "./ledger.ts";

/** A sequencer's term begins. */
export function addTerm({ changes, ledger }: HeightContext, event: TxEvent): void {
  const started = typedEvent(rollup.EventTermSchema, event);
  if (started?.term === undefined) return;
  const { term, operatorId, key, startedHeight } = started.term;
  ledger.sequencers.set(term, key);
  const line = { term: `${term}`, operator_id: `${operatorId}`, key: bytea(key), started_height: `${startedHeight}` };
  changes.terms.push({ ...line, reason: started.reason });
}

/** A block's last word: its record goes into the final log, its pot is empty, and nothing of it changes any more (I5, I10). */
export function addFinal(context: HeightContext, event: TxEvent): void {
  const final = typedEvent(rollup.EventBlockFinalSchema, event);
  if (final?.record === undefined) return;
  const { changes, ledger } = context;
  const { record } = final;
  const place = placeOf(record.kind, record.number);
  const block = known(context, ledger.pending.get(place), `a block ${place} that is accepted and not final`);
  ledger.pending.delete(place);
  const exceptions = exceptionsOf(final.exceptions);
  checkRecord(context, block, record, final.exceptions);
  checkMoney(context, block, record);
  hold(context, "I10", `block ${block.id}: place in the final log`, BigInt(ledger.finalLog.size), final.logIndex);
  const bytes = recordBytes(record);
  ledger.finalLog = append(ledger.finalLog, bytes);
  changes.finals.push({
    id: block.id,
    line: {
      final_height: `${record.finalHeight}`,
      refunded_ulam: `${record.refunded}`,
      workers_paid_ulam: `${block.workers}`,
      sequencer_paid_ulam: `${block.sequencer}`,
      protocol_paid_ulam: `${block.protocol}`,
      final_log_index: `${final.logIndex}`,
      final_record: bytea(bytes),
      exceptions,
    },
    outcomes: changedOutcomes(context, block, exceptions),
  });
}

function recordBytes(record: rollup.FinalRecord): Uint8Array {
  return encodeFinalRecord({
    ...record,
    kind: record.kind as FinalRecordKind,
    headerHash: record.headerHash as Digest,
    rowsRoot: record.rowsRoot as Digest,
    exceptionsDigest: record.exceptionsDigest as Digest,
  });
}

/** The record must speak of the block that was accepted. */
function checkRecord(context: HeightContext, block: LedgerBlock, record: rollup.FinalRecord, runs: readonly rollup.ExceptionRun[]): void {
  const about = (what: string) => `block ${block.id}: ${what}`;
  hold(context, "I10", about("term"), block.term, record.term);
  hold(context, "I10", about("header"), block.headerHash, toHex(record.headerHash));
  hold(context, "I10", about("rows root"), block.rowsRoot, toHex(record.rowsRoot));
  hold(context, "I10", about("rows"), BigInt(block.rows), BigInt(record.rows));
  hold(context, "I10", about("accepted height"), block.acceptedHeight, record.acceptedHeight);
  hold(context, "I10", about("final height"), context.block.height, record.finalHeight);
  const digest = exceptionsDigest(
    runs.map(({ first, count, outcome, reason }): ExceptionRun => ({ first, count, outcome: outcome as Outcome, reason })),
  );
  hold(context, "I10", about("exceptions"), toHex(digest), toHex(record.exceptionsDigest));
}

/** What was debited left as payments and refunds, to the last unit (I5). */
function checkMoney(context: HeightContext, block: LedgerBlock, record: rollup.FinalRecord): void {
  hold(context, "I5", `block ${block.id}: debited`, block.debited, record.debited);
  hold(context, "I5", `block ${block.id}: refunded`, block.refunded, record.refunded);
  const paid = block.workers + block.sequencer + block.protocol;
  hold(context, "I5", `block ${block.id}: paid and refunded`, block.debited, paid + block.refunded);
}

/** Between acceptance and finality a row may only go from paid to refunded. */
function changedOutcomes(context: HeightContext, block: LedgerBlock, exceptions: Exceptions) {
  const refunds = exceptions.filter(({ outcome }) => outcome === "refunded");
  for (let position = 0; exceptions.length + block.exceptions.length > 0 && position < block.rows; position++) {
    const before = outcomeAt(block.exceptions, position);
    const after = outcomeAt(exceptions, position);
    const isSame = before.outcome === after.outcome && before.reason === after.reason;
    const isRefund = before.outcome === "paid" && after.outcome === "refunded";
    if (!isSame && !isRefund) {
      violate(context, "I10", `block ${block.id}: row ${position}`, `${before.outcome} ${before.reason}`, `${after.outcome} ${after.reason}`);
    }
  }
  return refunds.map(({ first, count, outcome, reason }) => {
    const start = block.firstResult + BigInt(first);
    return { first: start, last: start + BigInt(count) - 1n, outcome, reason };
  });
}
