import { spawnSync } from "node:child_process";
import { chown, mkdtemp } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "./lamina.ts";

/** Somebody who is not root. */
export interface Unprivileged {
  readonly uid: number;
  /** What makes a command theirs, put before it; empty where the suite runs as them already. */
  readonly through: readonly string[];
}

/** Uid and gid 1: `daemon` on every Linux, owner of nothing and without a process. */
const DAEMON = 1;

/**
 * The caller itself where it is not root. Otherwise `daemon`; where the checkout lies in a folder that only root may enter, with the one capability to
 * read there all the same, since a user's own checkout is theirs to read.
 */
export function unprivilegedUser(): Unprivileged {
  const { uid } = userInfo();
  if (uid !== 0) return { uid, through: [] };
  const plain = ["setpriv", `--reuid=${DAEMON}`, `--regid=${DAEMON}`, "--clear-groups"];
  if (succeeds([...plain, "test", "-x", join(REPOSITORY, "lamina")])) return { uid: DAEMON, through: plain };
  for (const capability of ["dac_read_search", "dac_override"]) {
    const through = [...plain, `--inh-caps=+${capability}`, `--ambient-caps=+${capability}`];
    if (succeeds([...through, "test", "-x", join(REPOSITORY, "lamina")])) return { uid: DAEMON, through };
  }
  throw new Error(`expected a way for user ${DAEMON} to read ${REPOSITORY}, found none`);
}

/** A folder of mode 0700 that belongs to `user`. */
export async function privateFolderOf({ uid, through }: Unprivileged, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  if (through.length > 0) await chown(folder, uid, uid);
  return folder;
}

function succeeds([command = "", ...args]: readonly string[]): boolean {
  return spawnSync(command, args).status === 0;
}
