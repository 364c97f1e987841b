import { formatTimestamp, type ReceiptVerdict } from "@lamina/light-client";
import { toHex } from "@lamina/primitives";

type Valid = Extract<ReceiptVerdict, { kind: "valid" }>;

/** The verdict for people: a first line that says it all, then what it speaks of. */
export function describeVerdict(verdict: ReceiptVerdict): string[] {
  if (verdict.kind !== "valid") return [`${verdict.kind}: ${verdict.reason}`];
  const { row } = verdict.receipt.signed;
  return [
    `valid: ${verdict.outcome}${verdict.reason === undefined ? "" : ` (${verdict.reason})`}`,
    `chain    ${verdict.receipt.chainId}`,
    `job      ${toHex(verdict.jobId)}`,
    `model    ${toHex(row.model)}`,
    `worker   ${toHex(row.worker)}`,
    `output   ${toHex(row.output)}`,
    `charge   ${row.charge} ulam, at most ${row.ceiling}`,
    ...describeProof(verdict),
  ];
}

function describeProof({ receipt, provedBy }: Valid): string[] {
  if (receipt.stage === "signed") return ["proof    the worker's signature alone: whose key it is, only the chain can say"];
  const { header, inclusion } = receipt.ordered;
  const block =
    receipt.ordered.kind === "block"
      ? `block ${receipt.ordered.header.number} of term ${receipt.ordered.header.term}`
      : `forced run ${receipt.ordered.header.sequence}`;
  const place = `place    ${block}, row ${inclusion.index} of ${header.rows}`;
  if (receipt.stage === "ordered" || provedBy === undefined) return [place, "proof    signatures alone: whose keys they are, only the chain can say"];
  const heights =
    receipt.stage === "final"
      ? `accepted at ${receipt.final.acceptedHeight}, final at ${receipt.final.finalHeight}`
      : `accepted at ${receipt.pending.acceptedHeight}, not final`;
  return [
    place,
    `heights  ${heights}`,
    `proof    header of height ${provedBy.height}, ${formatTimestamp(provedBy.time)}, through ${receipt.chain.path.length} light block(s) from your checkpoint`,
  ];
}
