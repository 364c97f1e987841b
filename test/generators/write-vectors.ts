import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { publicKeyVectors, verifyVectors } from "./ed25519.ts";
import { consistencyVectors, inclusionVectors, logVectors } from "./merkle.ts";

/** Writes the vectors whose source is TypeScript. Run from the repository's root: `npx node --conditions=lamina-source test/generators/write-vectors.ts`. */
const vectors: Record<string, () => unknown[]> = {
  "ed25519/verify": verifyVectors,
  "ed25519/public-key": publicKeyVectors,
  "merkle/log": logVectors,
  "merkle/inclusion": inclusionVectors,
  "merkle/consistency": consistencyVectors,
};

for (const [topic, make] of Object.entries(vectors)) {
  const path = join(import.meta.dirname, "..", "vectors", `${topic}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    `[\n${make()
      .map((vector) => `  ${JSON.stringify(vector)}`)
      .join(",\n")}\n]\n`,
  );
}
