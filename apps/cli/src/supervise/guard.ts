import type { ChildHandle, Env } from "@lamina/primitives";
import type { Checkout } from "../checkout.ts";
import type { StateFolder } from "../state/state-folder.ts";

/**
 * Node cannot ask the kernel to end children with their parent, and SIGKILL runs no handler. So a shell waits on a pipe from the supervisor:
 * when the supervisor ends in whatever way, the pipe closes, and the shell becomes `lamina down`, which ends what is left.
 */
export function startGuard(env: Pick<Env, "spawn">, checkout: Checkout, folder: StateFolder): ChildHandle {
  // By the shell's own means: a `cat` would outlive a guard that is told to go, and be left to whoever reaps orphans.
  const script = 'while read -r _; do :; done; exec "$@"';
  const command = [checkout.node, checkout.cliMain, "down", "--orphans-only", "--home", folder.home];
  const guard = env.spawn("/bin/sh", ["-c", script, "lamina-guard", ...command], {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    cwd: "/",
    stdio: { stdin: "pipe", stdout: "ignore", stderr: { appendTo: folder.upLog } },
    detached: true,
  });
  guard.unref();
  return guard;
}
