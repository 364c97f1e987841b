import { BUNDLE_ENTRIES_MAX, type BundledAnswer } from "./bundles.ts";

interface Gathering {
  answers: BundledAnswer[];
  bytes: number;
}

/**
 * Joins answers to one asker that are ready in the same turn, as those of jobs are that stand under one signed head. None waits for another: what is
 * ready leaves before anything else is read.
 */
export class AnswerGatherer {
  readonly #bytesMax: number;
  readonly #send: (asker: string, answers: readonly BundledAnswer[]) => void;
  readonly #gathering = new Map<string, Gathering>();

  /** `send` is given the asker's reply subjects up to their last token. */
  constructor(options: { readonly bytesMax: number }, send: (asker: string, answers: readonly BundledAnswer[]) => void) {
    this.#bytesMax = options.bytesMax;
    this.#send = send;
  }

  add(asker: string, answer: BundledAnswer): void {
    if (this.#gathering.size === 0) queueMicrotask(() => this.#leave());
    let gathering = this.#gathering.get(asker);
    const isFull =
      gathering !== undefined && (gathering.answers.length === BUNDLE_ENTRIES_MAX || gathering.bytes + answer.payload.length > this.#bytesMax);
    if (gathering !== undefined && isFull) this.#send(asker, gathering.answers);
    if (gathering === undefined || isFull) {
      gathering = { answers: [], bytes: 0 };
      this.#gathering.set(asker, gathering);
    }
    gathering.answers.push(answer);
    gathering.bytes += answer.payload.length;
  }

  #leave(): void {
    const gathered = [...this.#gathering];
    this.#gathering.clear();
    for (const [asker, { answers }] of gathered) this.#send(asker, answers);
  }
}
