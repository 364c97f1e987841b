import { resolve } from "node:path";
import type { CliContext } from "../context.ts";
import type { StateFolder } from "./state-folder.ts";
import { stateFolderAt } from "./state-folder.ts";

/** The state folder that a command means. */
export function locateHome(context: Pick<CliContext, "defaultHome" | "workingFolder">, home: string | undefined): StateFolder {
  return stateFolderAt(home === undefined ? context.defaultHome : resolve(context.workingFolder, home));
}
