/** Writes several entries in one transaction; resolves when they are durable. */
export type WriteGroup<Entry> = (entries: readonly Entry[]) => Promise<void>;

interface Waiting<Entry> {
  readonly entry: Entry;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Joins entries that wait while a write is under way into the next one: a lone entry is written at once, a crowd shares its commit. Where a group
 * fails, all of it is told so.
 */
export class GroupCommit<Entry> {
  readonly #write: WriteGroup<Entry>;
  readonly #groupMax: number;
  readonly #waiting: Waiting<Entry>[] = [];
  #isWriting = false;
  #whenIdle: (() => void)[] = [];

  constructor(options: { readonly groupMax: number }, write: WriteGroup<Entry>) {
    this.#groupMax = options.groupMax;
    this.#write = write;
  }

  /** Resolves when the entry is durable. */
  add(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      if (this.#isWriting) return;
      this.#isWriting = true;
      // Requests that came in the same turn join.
      queueMicrotask(() => void this.#drain());
    });
  }

  /** Resolves when nothing waits. */
  idle(): Promise<void> {
    return this.#isWriting ? new Promise((resolve) => this.#whenIdle.push(resolve)) : Promise.resolve();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#groupMax);
      try {
        await this.#write(group.map(({ entry }) => entry));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#isWriting = false;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }
}
