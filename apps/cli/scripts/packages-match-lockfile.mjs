// Exits 0 when node_modules holds what package-lock.json names, 1 when `npm ci` is due. Runs on the machine's own Node, before anything is installed.
// npm keeps a record of what it installed in node_modules/.package-lock.json; packages for other platforms are optional and rightly absent from it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = process.argv[2];
const installedPath = join(root, "node_modules", ".package-lock.json");
if (!existsSync(installedPath)) process.exit(1);

const wanted = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
const installed = JSON.parse(readFileSync(installedPath, "utf8")).packages;
for (const [path, entry] of Object.entries(wanted)) {
  if (!path.startsWith("node_modules/") && !path.includes("/node_modules/")) continue;
  const found = installed[path];
  if (found === undefined && entry.optional === true) continue;
  if (found === undefined || found.version !== entry.version || found.integrity !== entry.integrity) process.exit(1);
}
