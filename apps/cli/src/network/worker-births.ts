import type { Env } from "@lamina/primitives";
import { readJson, writeJson } from "../state/json-file.ts";
import type { StateFolder } from "../state/state-folder.ts";

type Files = Pick<Env, "files">;

/**
 * Which workers have served before. One that has must find its result log: were it allowed to begin another, it could sign two heads for one index
 * and lose its bond (I11).
 */
export class WorkerBirths {
  readonly #env: Files;
  readonly #path: string;
  readonly #names: Set<string>;

  private constructor(env: Files, path: string, names: Set<string>) {
    this.#env = env;
    this.#path = path;
    this.#names = names;
  }

  static async read(env: Files, folder: StateFolder): Promise<WorkerBirths> {
    const path = folder.bornWorkersFile;
    const found = await readJson(env, path);
    if (found !== undefined && !(Array.isArray(found) && found.every((name) => typeof name === "string"))) {
      throw new Error(`expected a list of names in ${path}`);
    }
    return new WorkerBirths(env, path, new Set(found ?? []));
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  async add(names: readonly string[]): Promise<void> {
    for (const name of names) this.#names.add(name);
    await writeJson(this.#env, this.#path, [...this.#names].sort());
  }
}
