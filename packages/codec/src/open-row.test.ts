import { chainId, type Digest, encodeUtf8, type ModelId, type Signature } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { SeededRng } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import {
  computeJobId,
  decodeBatch,
  encodeBatch,
  encodeRow,
  genesisParent,
  headAfterRows,
  headBytes,
  itemsCommitment,
  jobOfRow,
  NO_PARAMETERS,
  privateCommitment,
  type Row,
  rowsRoot,
  signJobBytes,
  startHead,
  verifySignature,
} from "./index.ts";

const chain = chainId("lamina-test-1");
const rng = new SeededRng(20);
const worker = nodeEd25519Signer(rng.bytes(32));
const spender = nodeEd25519Signer(rng.bytes(32));

/** What only the client holds: everything that the chain never sees. */
const preimages = {
  salt: rng.bytes(32),
  items: [[{ type: 7 as const, dims: [1, 16], data: rng.bytes(128) }], [{ type: 7 as const, dims: [1, 16], data: rng.bytes(128) }]],
  parameters: NO_PARAMETERS,
  reference: encodeUtf8("order 17"),
};
const outputs = preimages.items.map(() => [{ type: 1 as const, dims: [1, 384], data: rng.bytes(1536) }]);

function postedBatch(): Uint8Array {
  const inputCommitment = itemsCommitment(preimages.items, "input", preimages.salt);
  const shared = { level: 1, param: 0, worker: worker.publicKey, lane: 4n, model: rng.bytes(32) as ModelId, profile: 1, items: 2 };
  const h = privateCommitment({ ...preimages, inputCommitment });
  const output = itemsCommitment(outputs, "output", preimages.salt);
  const priced = { unitPrice: 5n, ceiling: 20n, settleBy: 60n, units: 4n, charge: 20n };
  const row: Row = { ...shared, ...priced, nonce: 9, h, incarnation: 0, index: 0n, output };
  const log = { worker: worker.publicKey, level: 1, param: 0, incarnation: 0 };
  const previousHead = startHead(chain, log);
  const head = headAfterRows(previousHead, [row]);
  const signature = worker.sign(headBytes(chain, { ...log, count: 1n, head })) as Signature;
  const jobSignature = spender.sign(signJobBytes(chain, computeJobId(chain, row), row.settleBy)) as Signature;
  const run = { worker: worker.publicKey, incarnation: 0, start: 0n, count: 1, previousHead, signature };
  const body = { level: 1, param: 0, referenceHeight: 10n, runs: [run], rows: [row] };
  const block = { ...body, charges: 20n, rowsRoot: rowsRoot([row]), signature: new Uint8Array(64) as Signature };
  const authorisations = [{ lane: 4n, mode: "each" as const, signatures: [jobSignature] }];
  return encodeBatch({ term: 1n, firstNumber: 1n, parent: genesisParent(chain), blocks: [{ ...block, authorisations }] });
}

describe("a posted row, opened from preimages alone", () => {
  const [block] = decodeBatch(postedBatch()).blocks;
  const row = block?.rows[0];
  if (block === undefined || row === undefined) throw new Error("the batch lost its row");

  test("its private part is the client's input, parameters and reference", () => {
    const inputCommitment = itemsCommitment(preimages.items, "input", preimages.salt);
    expect(privateCommitment({ ...preimages, inputCommitment })).toEqual(row.h);
  });

  test("its job is the one that the spender signed, though no id was posted", () => {
    const jobId = computeJobId(chain, jobOfRow(row));
    const [authorisation] = block.authorisations;
    const signature = authorisation?.mode === "each" ? authorisation.signatures[0] : undefined;
    expect(verifySignature(spender.publicKey, signJobBytes(chain, jobId, row.settleBy), signature ?? new Uint8Array())).toBe(true);
  });

  test("its output is what the worker answered, under the head that the worker signed", () => {
    expect(itemsCommitment(outputs, "output", preimages.salt)).toEqual(row.output);
    const [run] = block.runs;
    const head = headAfterRows(run?.previousHead as Digest, [row]);
    const statement = headBytes(chain, { worker: row.worker, level: 1, param: 0, incarnation: 0, count: 1n, head });
    expect(verifySignature(row.worker, statement, run?.signature ?? new Uint8Array())).toBe(true);
    expect(encodeRow(row)).toHaveLength(202);
  });

  test("any other preimage opens another row", () => {
    const inputCommitment = itemsCommitment(preimages.items, "input", preimages.salt);
    const flipped = preimages.items.map((item) => item.map((tensor) => ({ ...tensor, data: Uint8Array.from(tensor.data, (byte) => byte ^ 1) })));
    const spoilt = [
      { ...preimages, inputCommitment: itemsCommitment(flipped, "input", preimages.salt) },
      { ...preimages, inputCommitment, salt: rng.bytes(32) },
      { ...preimages, inputCommitment, reference: encodeUtf8("order 18") },
      { ...preimages, inputCommitment, parameters: Uint8Array.of(0, 1) },
    ];
    for (const part of spoilt) expect(privateCommitment(part)).not.toEqual(row.h);
  });

  test("the same input twice gives commitments that nobody can link (T14)", () => {
    const again = itemsCommitment(preimages.items, "input", rng.bytes(32));
    expect(again).not.toEqual(itemsCommitment(preimages.items, "input", preimages.salt));
  });
});
