import { spawnSync } from "node:child_process";

/** A way to run a command where the disk takes little or nothing, and what the refusal then says. */
export interface SmallDisk {
  readonly name: string;
  /** Put before the command; `home`, an existing folder, is where the disk is small. */
  through(home: string): string[];
  readonly told: RegExp;
}

const MOUNT = 'mount -t tmpfs -o size=64m lamina-small "$0" && exec "$@"';

/** Every way that this machine allows: a small filesystem of its own needs the right to mount one, a limit on files needs nothing. */
export function smallDisks(): SmallDisk[] {
  const limit: SmallDisk = {
    name: "a limit that ends writes as a full disk does",
    through: () => ["bash", "-c", 'ulimit -f 0 && exec "$@"', "limited"],
    told: /cannot write the state folder \S+: .*file too large.*\. Choose another with --home DIR/i,
  };
  const namespaces = [
    ["unshare", "--mount"],
    ["unshare", "--mount", "--map-root-user"],
  ];
  const [unshare] = namespaces.filter(([command = "", ...args]) => spawnSync(command, [...args, "bash", "-c", MOUNT, "/mnt", "true"]).status === 0);
  if (unshare === undefined) return [limit];
  const filesystem: SmallDisk = {
    name: "a filesystem of 64 MiB",
    through: (home) => [...unshare, "bash", "-c", MOUNT, home],
    told: /a network needs 1024 MiB free under \S+, found 6[0-9] MiB\. Free some space, or choose another disk with --home DIR\./,
  };
  return [limit, filesystem];
}
