import type { AppendHandle, Env } from "@lamina/primitives";

export const LOG_BYTES_MAX = 8 * 1024 ** 2;
/** NAME.log, NAME.log.1 … NAME.log.3: at most 32 MiB for one process. */
export const OLD_LOGS_KEPT = 3;

export interface RotatingLogOptions {
  readonly path: string;
  readonly bytesMax?: number;
}

/** A log file of bounded size. Calls may overlap; their bytes are appended whole and in order of the calls. */
export class RotatingLog {
  readonly #path: string;
  readonly #bytesMax: number;
  readonly #files: Env["files"];
  #handle: AppendHandle | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: RotatingLogOptions, dependencies: { readonly env: Pick<Env, "files"> }) {
    this.#path = options.path;
    this.#bytesMax = options.bytesMax ?? LOG_BYTES_MAX;
    this.#files = dependencies.env.files;
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#append(bytes));
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#handle?.close();
      this.#handle = undefined;
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work);
    // One failed append must not fail the next: its own caller is told.
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    this.#handle ??= await this.#files.openAppend(this.#path);
    const isFull = this.#handle.sizeBytes > 0 && this.#handle.sizeBytes + bytes.length > this.#bytesMax;
    const handle = isFull ? await this.#rotate(this.#handle) : this.#handle;
    await handle.append(bytes);
  }

  async #rotate(full: AppendHandle): Promise<AppendHandle> {
    await full.close();
    this.#handle = undefined;
    for (let age = OLD_LOGS_KEPT - 1; age >= 0; age--) {
      const from = age === 0 ? this.#path : `${this.#path}.${age}`;
      if ((await this.#files.stat(from)) !== undefined) await this.#files.rename(from, `${this.#path}.${age + 1}`);
    }
    this.#handle = await this.#files.openAppend(this.#path);
    return this.#handle;
  }
}
