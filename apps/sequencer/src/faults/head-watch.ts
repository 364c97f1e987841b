import { type HeadStatement, headAfterRows, headBytes, type VerifySignature } from "@lamina/codec";
import { ALL_HEADS, type Bus, decodeMessage, headsSubject, messageSchemas, type Notice, type Unsubscribe } from "@lamina/messaging";
import { type ChainId, digest, publicKey, signature, toHex } from "@lamina/primitives";
import type { Logger } from "@lamina/telemetry";
import type { Directory } from "../intake/directory.ts";
import type { JournalBlock } from "../journal/journal-record.ts";
import type { FaultReporter } from "./fault-reporter.ts";
import type { SignedHead } from "./head-fault.ts";
import { HeadWitness } from "./head-witness.ts";

export interface HeadWatchDependencies {
  readonly bus: Pick<Bus, "listen">;
  readonly directory: Pick<Directory, "knowsWorker">;
  readonly verify: VerifySignature;
  readonly reporter: Pick<FaultReporter, "note">;
  readonly logger: Logger;
}

/** Two hundred bytes each: some 20 MB at most. */
const HEADS_MAX = 100_000;
const RECALLED_ROWS_MAX = 100_000;

/**
 * Watches over the workers' heads, wherever they are seen: in published runs, in notices of heads, in the blocks that the journal still holds. Two of
 * one count that differ are handed to the reporter (I16, T29). Nothing is taken from a worker that the chain does not know: nobody could be convicted.
 */
export class HeadWatch {
  readonly #chainId: ChainId;
  readonly #deps: HeadWatchDependencies;
  readonly #witness = new HeadWitness(HEADS_MAX);

  constructor(chainId: ChainId, dependencies: HeadWatchDependencies) {
    this.#chainId = chainId;
    this.#deps = dependencies;
  }

  /** What was taken before the process last ended, from the latest back: as much as is hashed within a second. */
  recall(blocks: readonly JournalBlock[]): void {
    let rowsLeft = RECALLED_ROWS_MAX;
    for (const { posted } of [...blocks].reverse()) {
      rowsLeft -= posted.rows.length;
      if (rowsLeft < 0) return;
      let at = 0;
      for (const { worker, incarnation, start, count, previousHead, signature: signed } of posted.runs) {
        const rows = posted.rows.slice(at, at + count);
        at += count;
        const log = { worker, level: posted.level, param: posted.param, incarnation };
        this.#witness.see({ log, count: start + BigInt(count), head: headAfterRows(previousHead, rows), signature: signed });
      }
    }
  }

  /**
   * A head whose signature was checked. False where it contradicts an earlier one, once the evidence of that is on the disk. Rejects where the chain or
   * the disk fails.
   */
  async see(signed: SignedHead): Promise<boolean> {
    if (!(await this.#deps.directory.knowsWorker(signed.log.worker))) return true;
    const fault = this.#witness.see(signed);
    if (fault !== undefined) await this.#deps.reporter.note(fault);
    return fault === undefined;
  }

  /** Listens to the heads that workers publish. */
  listen(): Unsubscribe {
    return this.#deps.bus.listen(ALL_HEADS, (notice) => {
      this.#onNotice(notice).catch((error: unknown) => this.#deps.logger.warn("published head could not be looked at", { error }));
    });
  }

  async #onNotice({ subject, payload }: Notice): Promise<void> {
    const said = decodeMessage(messageSchemas.signedHead, payload);
    const statement: HeadStatement = { ...said, worker: publicKey(said.worker), head: digest(said.head) };
    const { worker, level, param, incarnation, count, head } = statement;
    // A subject is its worker's own, so only a worker itself can fill its share of what is remembered.
    if (subject !== headsSubject(toHex(worker))) return;
    if (!this.#deps.verify(worker, headBytes(this.#chainId, statement), said.signature)) return;
    await this.see({ log: { worker, level, param, incarnation }, count, head, signature: signature(said.signature) });
  }
}
