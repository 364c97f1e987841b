import { bytesEqual } from "@lamina/primitives";
import { logKey } from "../intake/log-shelf.ts";
import type { HeadFault, SignedHead } from "./head-fault.ts";

/** Remembers the heads that workers signed, the last `headsMax` of them, and tells when one contradicts an earlier one. */
export class HeadWitness {
  readonly #headsMax: number;
  readonly #seen = new Map<string, SignedHead>();

  constructor(headsMax: number) {
    this.#headsMax = headsMax;
  }

  /** Gives the fault where another head of this log and count was seen before. Which of the two came first does not matter to it. */
  see(signed: SignedHead): HeadFault | undefined {
    const key = `${logKey(signed.log)}/${signed.count}`;
    const before = this.#seen.get(key);
    if (before === undefined) this.#remember(key, signed);
    if (before === undefined || bytesEqual(before.head, signed.head)) return undefined;
    return { log: signed.log, count: signed.count, first: statement(before), second: statement(signed) };
  }

  #remember(key: string, signed: SignedHead): void {
    this.#seen.set(key, signed);
    if (this.#seen.size <= this.#headsMax) return;
    const [oldest = key] = this.#seen.keys();
    this.#seen.delete(oldest);
  }
}

function statement({ head, signature }: SignedHead) {
  return { head, signature };
}
