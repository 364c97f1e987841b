import { fileURLToPath } from "node:url";
import type { Env } from "@lamina/primitives";
import type { Confinement } from "./child/confine.ts";

/** What stands between a hostile model and the machine (T22–T24), besides the gate. */
export interface ChildLimits {
  /** Writable memory for the model: its weights, several times over while they load, and its activations. */
  readonly memoryBytesMax: number;
}

/**
 * What Node itself maps as writable before a model is loaded, nearly all of it never touched (code ranges of two threads; measured with Node 24 on
 * x64: 1,173 MB mapped, 137 MB resident). The kernel's limit counts it, so it is added.
 */
const ENGINE_BYTES = 1_250 * 2 ** 20;
const FILES_MAX = 64;

/** What the machine offers to confine a process with; found out once by `probeWrappers`. */
export interface Wrappers {
  /** Words in front of a command that give it an empty network, or none where the machine has no such tool or right. */
  readonly network: readonly string[];
  /** Words that keep a command from ever gaining rights by a set-user-id file. */
  readonly privileges: readonly string[];
  /** True where `prlimit` (util-linux) is there; else a shell's `ulimit` serves. */
  readonly prlimit: boolean;
}

const PRIVILEGE_WRAPPER = ["setpriv", "--no-new-privs", "--"];
const NETWORK_WRAPPERS = [
  ["unshare", "--net", "--ipc", "--"],
  ["unshare", "--user", "--map-current-user", "--net", "--ipc", "--"],
];
/** Where system tools lie; the environment of a child holds nothing else. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Tries the wrappers on a command that does nothing. */
export async function probeWrappers(env: Pick<Env, "spawn">): Promise<Wrappers> {
  const prlimit = await succeeds(env, ["prlimit", "--core=0", "--", "true"]);
  const privileges = (await succeeds(env, [...PRIVILEGE_WRAPPER, "true"])) ? PRIVILEGE_WRAPPER : [];
  for (const network of NETWORK_WRAPPERS) if (await succeeds(env, [...network, "true"])) return { network, privileges, prlimit };
  return { network: [], privileges, prlimit };
}

async function succeeds(env: Pick<Env, "spawn">, words: readonly string[]): Promise<boolean> {
  const [command = "", ...args] = words;
  const stdio = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
  const child = env.spawn(command, args, { env: { PATH: SYSTEM_PATH }, stdio });
  return (await child.exited).code === 0;
}

export interface ChildProgram {
  /** The Node to run it with. */
  readonly nodePath: string;
  readonly confinement: Confinement;
  readonly limits: ChildLimits;
  readonly wrappers: Wrappers;
}

/** The words that start the inference process: network wrapper, limits, Node, program. Nothing secret is among them. */
export function childCommand(program: ChildProgram): string[] {
  const node = [program.nodePath, ...NODE_FLAGS, CHILD_PROGRAM, JSON.stringify(program.confinement)];
  return [...program.wrappers.network, ...program.wrappers.privileges, ...limitWords(program), ...node];
}

/** Besides memory: no core dumps, no bytes written to files, few descriptors. Time is the parent's watchdog: a CPU limit would end old, honest processes. */
function limitWords({ limits, wrappers }: ChildProgram): string[] {
  if (wrappers.prlimit) return ["prlimit", `--data=${ENGINE_BYTES + limits.memoryBytesMax}`, "--core=0", "--fsize=0", `--nofile=${FILES_MAX}`, "--"];
  const kibibytes = Math.ceil((ENGINE_BYTES + limits.memoryBytesMax) / 1024);
  return ["/bin/sh", "-c", `ulimit -d ${kibibytes}; ulimit -c 0; ulimit -f 0; ulimit -n ${FILES_MAX}; exec "$@"`, "lamina-inference"];
}

const FROM_SOURCE = import.meta.url.endsWith(".ts");
/** Next to this file: compiled beside compiled, source beside source (then Node strips the types). */
const CHILD_PROGRAM = fileURLToPath(new URL(FROM_SOURCE ? "./child/main.ts" : "./child/main.js", import.meta.url));
const NODE_FLAGS = ["--max-old-space-size=64", "--expose-gc", ...(FROM_SOURCE ? ["--conditions=lamina-source"] : [])];
