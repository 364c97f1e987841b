export interface Confinement {
  /** The user and group to become, where the process was started by root. */
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * Gives up what the process does not need any more, once its code is loaded: a user of its own may not be able to read the folder that the code lies in.
 * Files, network and memory were limited before it started (see `childCommand`). Throws where rights remain that should be gone.
 */
export function confine({ uid, gid }: Confinement): void {
  if (uid === undefined || gid === undefined || process.getuid?.() !== 0) return;
  process.setgroups?.([]);
  process.setgid?.(gid);
  process.setuid?.(uid);
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid || process.getgid?.() !== gid)
    throw new Error(`expected user ${uid}:${gid} after the change`);
}
