import type { Env } from "@lamina/primitives";
import { encodeUtf8, FileError } from "@lamina/primitives";
import type { ProcessIdentity } from "../host/process-identity.ts";
import { identify, isAlive } from "../host/process-identity.ts";
import { isRecord, readJson, writeJson } from "../state/json-file.ts";
import type { StateFolder } from "../state/state-folder.ts";
import { isProcessIdentity } from "./process-record.ts";
import type { ProcessStatus } from "./supervised-process.ts";

export type SupervisorPhase = "starting" | "up" | "stopping";

/** What the supervisor of a state folder last wrote about itself. Its existence is the folder's lock. */
export interface SupervisorFile {
  readonly identity: ProcessIdentity;
  readonly phase: SupervisorPhase;
  readonly processes: readonly ProcessStatus[];
}

/** The living supervisor of a state folder; undefined where there is none, or only the file of one that died. */
export async function livingSupervisor(env: Pick<Env, "files">, folder: StateFolder): Promise<SupervisorFile | undefined> {
  const found = await readSupervisorFile(env, folder);
  return found !== undefined && (await isAlive(env, found.identity)) ? found : undefined;
}

/** Takes the folder for this process; false where another living process has it. */
export async function claimFolder(env: Pick<Env, "files" | "clock" | "timers">, folder: StateFolder, pid: number): Promise<boolean> {
  const identity = await identify(env, pid);
  if (identity === undefined) throw new Error(`/proc does not know this process (${pid})`);
  const file: SupervisorFile = { identity, phase: "starting", processes: [] };
  for (;;) {
    try {
      await env.files.createFile(folder.supervisorFile, encodeUtf8(`${JSON.stringify(file)}\n`));
      // Another claimant may have judged our predecessor's file stale, and have removed ours in its place.
      await env.timers.sleep(RETRY_MS);
      return (await readSupervisorFile(env, folder))?.identity.startTicks === identity.startTicks;
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== "FILE_EXISTS") throw error;
    }
    if ((await livingSupervisor(env, folder)) !== undefined) return false;
    await env.timers.sleep(RETRY_MS);
    // What is being written at this moment cannot be read yet: give it time before it counts as torn.
    const stat = await env.files.stat(folder.supervisorFile);
    const isFresh = stat !== undefined && env.clock.nowMs() - stat.modifiedMs < WRITING_MS;
    if (isFresh && (await readSupervisorFile(env, folder)) === undefined) continue;
    if ((await livingSupervisor(env, folder)) === undefined) await env.files.remove(folder.supervisorFile);
  }
}

const RETRY_MS = 50;
const WRITING_MS = 2_000;

/** Keeps the file of a running supervisor current. Only the newest state matters, so changes that come during a write are written together. */
export class SupervisorJournal {
  readonly #env: Pick<Env, "files">;
  readonly #folder: StateFolder;
  #file: SupervisorFile;
  #isDirty = false;
  #writing: Promise<void> | undefined;

  /** The caller has claimed the folder. */
  constructor(env: Pick<Env, "files">, folder: StateFolder, identity: ProcessIdentity) {
    this.#env = env;
    this.#folder = folder;
    this.#file = { identity, phase: "starting", processes: [] };
  }

  enter(phase: SupervisorPhase): void {
    this.#change({ ...this.#file, phase });
  }

  note(processes: readonly ProcessStatus[]): void {
    this.#change({ ...this.#file, processes });
  }

  /** Resolves when what was noted so far is written, or could not be. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #change(file: SupervisorFile): void {
    this.#file = file;
    this.#isDirty = true;
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    try {
      while (this.#isDirty) {
        this.#isDirty = false;
        await writeJson(this.#env, this.#folder.supervisorFile, this.#file);
      }
    } catch (error) {
      // A full disk must not end the network. `status` then tells from the processes themselves.
      if (!(error instanceof FileError)) throw error;
    } finally {
      this.#writing = undefined;
    }
  }
}

async function readSupervisorFile(env: Pick<Env, "files">, folder: StateFolder): Promise<SupervisorFile | undefined> {
  // A file torn by a crash tells of nobody alive.
  const found = await readJson(env, folder.supervisorFile).catch(() => undefined);
  return isRecord(found) && isProcessIdentity(found["identity"]) ? (found as unknown as SupervisorFile) : undefined;
}
