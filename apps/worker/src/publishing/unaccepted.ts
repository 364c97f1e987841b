import type { GroupPlace } from "../log/journal.ts";
import { endOfGroup, leastSettleBy, type RowGroup } from "../log/row-group.ts";

/** A group that the chain has not accepted, as far as is known. */
export interface OpenGroup {
  readonly place: GroupPlace;
  readonly start: bigint;
  readonly end: bigint;
  /** Height at which its rows were appended. */
  readonly height: bigint;
  /** The least of its rows' settle_by. */
  readonly settleBy: bigint;
}

/** The tail of the log that the chain has yet to accept, oldest first: what is published again, and what is forced in. */
export class Unaccepted {
  #groups: OpenGroup[] = [];
  #first = 0;

  add(group: RowGroup, place: GroupPlace): OpenGroup {
    const open = { place, start: group.start, end: endOfGroup(group), height: group.height, settleBy: leastSettleBy(group) };
    this.#groups.push(open);
    return open;
  }

  get oldest(): OpenGroup | undefined {
    return this.#groups[this.#first];
  }

  get size(): number {
    return this.#groups.length - this.#first;
  }

  get rows(): bigint {
    const oldest = this.oldest;
    return oldest === undefined ? 0n : (this.#groups.at(-1) as OpenGroup).end - oldest.start;
  }

  *[Symbol.iterator](): IterableIterator<OpenGroup> {
    for (let at = this.#first; at < this.#groups.length; at++) yield this.#groups[at] as OpenGroup;
  }

  /** The chain has accepted the log up to `count`; a group that it has in part stays. */
  accept(count: bigint): void {
    while ((this.oldest?.end ?? count + 1n) <= count) this.#first += 1;
    if (this.#first < 1_024 || this.#first * 2 < this.#groups.length) return;
    this.#groups = this.#groups.slice(this.#first);
    this.#first = 0;
  }
}
