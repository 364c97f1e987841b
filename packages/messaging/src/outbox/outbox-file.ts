import { type AppendHandle, BaseError, type Env } from "@lamina/primitives";
import { decodeLog, encodeFrame, entryBytes, type OutboxEntry, type OutboxRecord } from "./outbox-log.ts";

/** The file could not be written; what was not confirmed is not in it for certain. Only opening the outbox anew, in a new process, may go on. */
export class OutboxFailedError extends BaseError<"OUTBOX_FAILED"> {
  readonly details: { readonly path: string };
  constructor(path: string, options?: ErrorOptions) {
    super("OUTBOX_FAILED", `${path} cannot be written any more`, options);
    this.details = { path };
  }
}

interface Waiting {
  readonly record: OutboxRecord;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export interface OutboxFileOptions {
  readonly path: string;
  /** The file is rewritten when it is larger than this and more than half of it is settled. */
  readonly compactAtBytes: number;
}

type OutboxEnv = Pick<Env, "files" | "step">;

/** The outbox on disk: what is confirmed survives a crash at any moment. Writers that come while a write is under way share the next one. */
export class OutboxFile {
  readonly entries: Map<string, OutboxEntry>;
  readonly #options: OutboxFileOptions;
  readonly #env: OutboxEnv;
  #handle: AppendHandle;
  #liveBytes: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #failure: OutboxFailedError | undefined;

  private constructor(options: OutboxFileOptions, env: OutboxEnv, handle: AppendHandle, entries: Map<string, OutboxEntry>) {
    this.#options = options;
    this.#env = env;
    this.#handle = handle;
    this.entries = entries;
    this.#liveBytes = [...entries.values()].reduce((sum, entry) => sum + entryBytes(entry), 0);
  }

  /** Reads the file, or makes it; cuts a torn last write off. Throws `OutboxCorruptError`, `FileError`. */
  static async open(options: OutboxFileOptions, env: OutboxEnv): Promise<OutboxFile> {
    const handle = await env.files.openAppend(options.path);
    const { records, wholeBytes } = decodeLog(await env.files.readFile(options.path));
    if (handle.sizeBytes > wholeBytes) {
      await handle.truncate(wholeBytes);
      await handle.sync();
    }
    const entries = new Map<string, OutboxEntry>();
    for (const record of records) {
      if (record.kind === "add") entries.set(record.entry.id, record.entry);
      else entries.delete(record.id);
    }
    return new OutboxFile(options, env, handle, entries);
  }

  get liveBytes(): number {
    return this.#liveBytes;
  }

  /** Resolves when the record is on the disk, and `entries` shows it. Throws `OutboxFailedError`. */
  write(record: OutboxRecord): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async close(): Promise<void> {
    await this.#writing;
    if (this.#failure === undefined) await this.#handle.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && this.#failure === undefined) {
      const group = this.#waiting.splice(0);
      try {
        await this.#writeGroup(group.map((each) => each.record));
        for (const { resolve } of group) resolve();
        if (this.#isCompactionDue()) await this.#compact();
      } catch (error) {
        this.#failure = new OutboxFailedError(this.#options.path, { cause: error });
        for (const { reject } of [...group, ...this.#waiting.splice(0)]) reject(this.#failure);
      }
    }
    this.#writing = undefined;
  }

  async #writeGroup(records: readonly OutboxRecord[]): Promise<void> {
    await this.#env.step("outbox.append.before");
    await this.#handle.append(encodeFrame(records));
    await this.#env.step("outbox.append.written");
    await this.#handle.sync();
    await this.#env.step("outbox.append.synced");
    for (const record of records) this.#apply(record);
  }

  #apply(record: OutboxRecord): void {
    if (record.kind === "add") {
      this.entries.set(record.entry.id, record.entry);
      this.#liveBytes += entryBytes(record.entry);
      return;
    }
    const settled = this.entries.get(record.id);
    if (settled !== undefined) this.#liveBytes -= entryBytes(settled);
    this.entries.delete(record.id);
  }

  #isCompactionDue(): boolean {
    const { sizeBytes } = this.#handle;
    return sizeBytes > this.#options.compactAtBytes && sizeBytes > 2 * this.#liveBytes;
  }

  /** Replaces the file by one of what is left: the old one or the new one is there at every moment, and both say the same. */
  async #compact(): Promise<void> {
    const { path } = this.#options;
    await this.#env.step("outbox.compact.before");
    await this.#handle.close();
    const live: OutboxRecord[] = [...this.entries.values()].map((entry) => ({ kind: "add", entry }));
    await this.#env.files.writeFileAtomic(path, live.length === 0 ? new Uint8Array() : encodeFrame(live));
    await this.#env.step("outbox.compact.replaced");
    this.#handle = await this.#env.files.openAppend(path);
  }
}
