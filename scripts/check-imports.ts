import { join } from "node:path";
import { ADAPTERS } from "./imports/adapters.ts";
import { checkTree } from "./imports/check.ts";
import { readTree } from "./imports/read-tree.ts";

const tree = readTree(join(import.meta.dirname, ".."));
const violations = checkTree(tree, ADAPTERS);
for (const { path, line, rule, message } of violations) console.error(`${path}:${line}: ${rule}: ${message}`);
console.log(`${tree.sources.size} files, ${violations.length} import violations`);
process.exitCode = violations.length === 0 ? 0 : 1;
