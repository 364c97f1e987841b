import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { chown, mkdtemp } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { REPOSITORY } from "./lamina.ts";

/** Somebody who is not root. */
export interface Unprivileged {
  readonly uid: number;
  /** What makes a run of `./lamina` theirs, put before it; empty where the suite runs as them already. */
  readonly through: readonly string[];
}

/** Uid and gid 1: `daemon` on every Linux, owner of nothing and without a process. */
const DAEMON = 1;
/** What `up` reads of a checkout. */
const READ_BY_UP = ["lamina", "package.json", "apps", "packages", "infra", "node_modules", "build", "models-cache"];

/**
 * The caller itself where it is not root, `daemon` otherwise. A user's own checkout is theirs to read: one that only root may enter is shown to them
 * elsewhere, by a mount in a namespace of their own, or as a copy where this machine allows no mounts.
 */
export function unprivilegedUser(): Unprivileged {
  const { uid } = userInfo();
  if (uid !== 0) return { uid, through: [] };
  const ways = [() => asUser(DAEMON), () => mountedFor(DAEMON), () => copiedFor(DAEMON)];
  for (const way of ways) {
    const through = way();
    if (succeeds([...through, join(REPOSITORY, "lamina"), "--version"])) return { uid: DAEMON, through };
  }
  throw new Error(`expected a way for user ${DAEMON} to run ${REPOSITORY}/lamina, found none`);
}

export function asUser(uid: number): string[] {
  return ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
}

/** A folder of mode 0700 that belongs to `user`. */
export async function privateFolderOf({ uid, through }: Unprivileged, prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  if (through.length > 0) await chown(folder, uid, uid);
  return folder;
}

function mountedFor(uid: number): string[] {
  const script = `mount --bind '${REPOSITORY}' /mnt && shift && exec ${asUser(uid).join(" ")} /mnt/lamina "$@"`;
  return ["unshare", "--mount", "bash", "-c", script, "mounted"];
}

function copiedFor(uid: number): string[] {
  const copy = mkdtempSync(join(tmpdir(), "lamina-checkout-"));
  process.once("exit", () => rmSync(copy, { recursive: true, force: true }));
  chmodSync(copy, 0o755);
  execFileSync("cp", ["-a", ...READ_BY_UP.map((name) => join(REPOSITORY, name)), copy]);
  return ["bash", "-c", `shift && exec ${asUser(uid).join(" ")} '${copy}/lamina' "$@"`, "copied"];
}

function succeeds([command = "", ...args]: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}
