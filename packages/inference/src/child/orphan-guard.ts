import { Worker } from "node:worker_threads";

/**
 * Ends this process when its parent is gone, even while a run keeps the main thread busy for ever: a thread of its own looks at the parent's id
 * once a second. (The kernel's own death signal does not survive the change of user.)
 */
export function startOrphanGuard(): void {
  const guard = new Worker(GUARD_SOURCE, {
    eval: true,
    env: {},
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  guard.unref();
}

const GUARD_SOURCE = `
const parent = process.ppid;
setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, "SIGKILL"); }, 1000);
`;
