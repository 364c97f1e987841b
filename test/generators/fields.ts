import type {
  Batch,
  BlockHeader,
  ExceptionRun,
  FinalRecord,
  ForcedHeader,
  HeadStatement,
  Job,
  LaneAuthorisation,
  PostedRun,
  Row,
  Tensor,
} from "@lamina/codec";
import { hex } from "./seeded.ts";

/** How values stand in vectors: bytes as hex, integers as decimal strings. */
export function jobFields(job: Job) {
  return {
    level: `${job.level}`,
    param: `${job.param}`,
    worker: hex(job.worker),
    lane: `${job.lane}`,
    nonce: `${job.nonce}`,
    model: hex(job.model),
    profile: `${job.profile}`,
    items: `${job.items}`,
    unitPrice: `${job.unitPrice}`,
    ceiling: `${job.ceiling}`,
    settleBy: `${job.settleBy}`,
    h: hex(job.h),
  };
}

export function rowFields(row: Row) {
  const own = { incarnation: `${row.incarnation}`, index: `${row.index}`, units: `${row.units}`, charge: `${row.charge}`, output: hex(row.output) };
  return { ...jobFields(row), ...own };
}

export function headFields(head: HeadStatement) {
  const { worker, level, param, incarnation, count } = head;
  return { worker: hex(worker), level: `${level}`, param: `${param}`, incarnation: `${incarnation}`, count: `${count}`, head: hex(head.head) };
}

export function headerFields(header: BlockHeader) {
  return {
    chainId: header.chainId,
    term: `${header.term}`,
    number: `${header.number}`,
    parent: hex(header.parent),
    level: `${header.level}`,
    param: `${header.param}`,
    referenceHeight: `${header.referenceHeight}`,
    rows: `${header.rows}`,
    runs: `${header.runs}`,
    charges: `${header.charges}`,
    rowsRoot: hex(header.rowsRoot),
  };
}

export function forcedHeaderFields(header: ForcedHeader) {
  return {
    chainId: header.chainId,
    sequence: `${header.sequence}`,
    level: `${header.level}`,
    param: `${header.param}`,
    acceptedHeight: `${header.acceptedHeight}`,
    rows: `${header.rows}`,
    charges: `${header.charges}`,
    rowsRoot: hex(header.rowsRoot),
  };
}

export function runFields(run: PostedRun) {
  return {
    worker: hex(run.worker),
    incarnation: `${run.incarnation}`,
    start: `${run.start}`,
    count: `${run.count}`,
    previousHead: hex(run.previousHead),
    signature: hex(run.signature),
  };
}

export function authorisationFields(authorisation: LaneAuthorisation) {
  const signatures = authorisation.mode === "root" ? [authorisation.signature] : authorisation.signatures;
  return { lane: `${authorisation.lane}`, mode: authorisation.mode, signatures: signatures.map(hex) };
}

export function batchFields(batch: Batch) {
  const blocks = batch.blocks.map((block) => ({
    level: `${block.level}`,
    param: `${block.param}`,
    referenceHeight: `${block.referenceHeight}`,
    charges: `${block.charges}`,
    rowsRoot: hex(block.rowsRoot),
    signature: hex(block.signature),
    runs: block.runs.map(runFields),
    rows: block.rows.map(rowFields),
    authorisations: block.authorisations.map(authorisationFields),
  }));
  return { term: `${batch.term}`, firstNumber: `${batch.firstNumber}`, parent: hex(batch.parent), blocks };
}

export function exceptionFields({ first, count, outcome, reason }: ExceptionRun) {
  return { first: `${first}`, count: `${count}`, outcome: `${outcome}`, reason: `${reason}` };
}

export function finalRecordFields(record: FinalRecord) {
  return {
    kind: `${record.kind}`,
    term: `${record.term}`,
    number: `${record.number}`,
    headerHash: hex(record.headerHash),
    rowsRoot: hex(record.rowsRoot),
    rows: `${record.rows}`,
    level: `${record.level}`,
    param: `${record.param}`,
    acceptedHeight: `${record.acceptedHeight}`,
    finalHeight: `${record.finalHeight}`,
    debited: `${record.debited}`,
    refunded: `${record.refunded}`,
    exceptionsDigest: hex(record.exceptionsDigest),
  };
}

export function tensorFields(tensor: Tensor) {
  return { type: `${tensor.type}`, dims: tensor.dims.map(String), data: hex(tensor.data) };
}
