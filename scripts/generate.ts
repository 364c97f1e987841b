/**
 * Rebuilds everything generated from proto/: Go in chain/x/*\/types, TypeScript in packages/protocol/src/gen.
 * The parameters of packages/params are copied to chain/app/genesis/presets, since Go embeds nothing from outside its module.
 * Works without a network once `npm ci` and `go mod download` have run. `--check` changes nothing and fails when what
 * is committed differs from what proto/ says.
 */
import { exportDefinitions } from "./generate/definitions.ts";
import { compareTrees, replaceTrees } from "./generate/outputs.ts";
import { copyPresets, generateGo, generateTypeScript } from "./generate/plugins.ts";
import { laminaModule, repositoryRoot } from "./generate/repository.ts";

function main(): number {
  const check = process.argv.includes("--check");
  exportDefinitions(repositoryRoot);
  const trees = [generateGo(repositoryRoot, laminaModule), generateTypeScript(repositoryRoot), copyPresets(repositoryRoot)];
  if (!check) {
    replaceTrees(trees);
    return 0;
  }
  const differences = compareTrees(trees);
  for (const difference of differences) console.error(difference);
  if (differences.length > 0) console.error("generated code is not current: run `npm run generate` and commit the result");
  return differences.length === 0 ? 0 : 1;
}

process.exitCode = main();
