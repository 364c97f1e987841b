import type { GroupPlace } from "../log/journal.ts";

/** Where a job's result lies. */
export interface ResultPlace {
  readonly place: GroupPlace;
  /** Which row of its group. */
  readonly at: number;
  readonly index: bigint;
}

/** Finds the stored result of a job that is asked for again. Entries are kept as long as the journal keeps their rows. */
export class ResultIndex {
  readonly #places = new Map<string, ResultPlace>();

  get size(): number {
    return this.#places.size;
  }

  /** Indices ascend from call to call. */
  add(jobKey: string, place: ResultPlace): void {
    this.#places.set(jobKey, place);
  }

  /** `jobKey`: the job id in hex. */
  find(jobKey: string): ResultPlace | undefined {
    return this.#places.get(jobKey);
  }

  /** The journal no longer holds rows below `index`. */
  forgetBelow(index: bigint): void {
    for (const [key, place] of this.#places) {
      if (place.index >= index) return;
      this.#places.delete(key);
    }
  }
}
