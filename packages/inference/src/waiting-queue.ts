import type { Item } from "@lamina/codec";
import type { Waiting } from "./micro-batch.ts";

/** Part of a request, with the way back to who asked. */
export interface Part extends Waiting {
  readonly inputs: readonly Item[];
  readonly waitBudgetMs: number;
  readonly resolve: (outputs: Item[]) => void;
  readonly reject: (error: unknown) => void;
}

/** What waits to be run, by arrival. */
export class WaitingQueue {
  #parts: Part[] = [];
  #items = 0;

  get parts(): readonly Part[] {
    return this.#parts;
  }

  get items(): number {
    return this.#items;
  }

  add(part: Part): void {
    this.#parts.push(part);
    this.#items += part.items;
  }

  /** Takes out those of `parts` that still wait, and returns them. */
  take(parts: readonly Part[]): readonly Part[] {
    if (parts.length === 0) return parts;
    const wanted = new Set(parts);
    const taken = this.#parts.filter((part) => wanted.has(part));
    this.#parts = this.#parts.filter((part) => !wanted.has(part));
    this.#items -= taken.reduce((sum, part) => sum + part.items, 0);
    return taken;
  }

  /** Takes out what has waited for its whole budget. */
  takeOverdue(nowMs: number): readonly Part[] {
    return this.take(this.#parts.filter((part) => part.sinceMs + part.waitBudgetMs <= nowMs));
  }
}
