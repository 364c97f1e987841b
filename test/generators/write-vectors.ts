import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  batchVectors,
  exceptionVectors,
  finalRecordVectors,
  forcedHeaderVectors,
  forcedRunVectors,
  genesisVectors,
  headerVectors,
} from "./blocks.ts";
import { itemsVectors, saltVectors, tensorsFileVectors, tensorVectors } from "./commitments.ts";
import { publicKeyVectors, verifyVectors } from "./ed25519.ts";
import { chainIdVectors, hashVectors, varintVectors, zigzagVectors } from "./encoding.ts";
import { jobVectors, parametersVectors, privateVectors, logVectors as resultLogVectors, rowVectors } from "./jobs.ts";
import { manifestVectors } from "./manifests.ts";
import { consistencyVectors, inclusionVectors, logVectors } from "./merkle.ts";
import { settlementVectors } from "./settlement.ts";
import { statementVectors } from "./statements.ts";

/**
 * Writes the vectors whose source is TypeScript, or with `--check` only tells which of the committed ones differ (exit code 1). Run from the
 * repository's root: `npx node --conditions=lamina-source test/generators/write-vectors.ts [--check]`.
 */
const vectors: Record<string, () => unknown[]> = {
  "ed25519/verify": verifyVectors,
  "ed25519/public-key": publicKeyVectors,
  "merkle/log": logVectors,
  "merkle/inclusion": inclusionVectors,
  "merkle/consistency": consistencyVectors,
  "encoding/varint": varintVectors,
  "encoding/zigzag": zigzagVectors,
  "encoding/hash": hashVectors,
  "encoding/chain-id": chainIdVectors,
  "statements/sign-bytes": statementVectors,
  "commitments/tensor": tensorVectors,
  "commitments/salt": saltVectors,
  "commitments/items": itemsVectors,
  "commitments/tensors-file": tensorsFileVectors,
  "manifest/decode": manifestVectors,
  "job/decode": jobVectors,
  "job/private": privateVectors,
  "job/parameters": parametersVectors,
  "row/decode": rowVectors,
  "log/heads": resultLogVectors,
  "header/decode": headerVectors,
  "header/genesis": genesisVectors,
  "header/forced": forcedHeaderVectors,
  "batch/decode": batchVectors,
  "forced/decode": forcedRunVectors,
  "exceptions/decode": exceptionVectors,
  "final-record/decode": finalRecordVectors,
  "settlement/amounts": settlementVectors,
};

const checking = process.argv.includes("--check");

for (const [topic, make] of Object.entries(vectors)) {
  const path = join(import.meta.dirname, "..", "vectors", `${topic}.json`);
  const text = `[\n${make()
    .map((vector) => `  ${JSON.stringify(vector)}`)
    .join(",\n")}\n]\n`;
  if (!checking) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (readFileSync(path, "utf8") !== text) {
    process.stderr.write(`test/vectors/${topic}.json differs from what its generator writes\n`);
    process.exitCode = 1;
  }
}
