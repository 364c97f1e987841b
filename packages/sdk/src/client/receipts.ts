import type { ReceiptStage } from "@lamina/light-client";
import { bounds, type ClientContext } from "./client-context.ts";
import { MalformedAnswerError, WaitTimeoutError } from "./client-error.ts";
import type { RequestOptions } from "./gateway-connection.ts";

export interface FetchedReceipt {
  readonly jobId: string;
  /** As the gateway says; `verifyReceipt` proves it. */
  readonly stage: ReceiptStage;
  readonly bytes: Uint8Array;
}

export interface ReceiptOptions extends RequestOptions {
  /** Of the checkpoint that its reader has: the receipt's trust path starts there. The gateway's own where not given. */
  readonly checkpointHeight?: bigint;
}

export interface WaitForStageOptions extends ReceiptOptions {
  /** For the stage to be reached, in all. */
  readonly waitMs?: number;
}

const STAGES: readonly ReceiptStage[] = ["signed", "ordered", "pending", "final"];
const WAIT_MS = 120_000;
const POLL_MS = 500;

/** Receipts, at the highest stage that each has reached. `verifyReceipt` judges them, with a checkpoint from elsewhere (T74). */
export class Receipts {
  readonly #context: ClientContext;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** By job id in hex, or by the id of an answered asynchronous request. Throws `ApiError`. */
  async get(id: string, options: ReceiptOptions = {}): Promise<FetchedReceipt> {
    const query = options.checkpointHeight === undefined ? "" : `?checkpoint_height=${options.checkpointHeight}`;
    const path = `/lamina/v1/receipts/${encodeURIComponent(id)}${query}`;
    const answer = await this.#context.connection.send({ method: "GET", path, family: "native", ...bounds(options) });
    const stage = STAGES.find((each) => each === answer.header("lamina-receipt-stage"));
    if (stage === undefined)
      throw new MalformedAnswerError("lamina-receipt-stage", STAGES.join(", "), answer.header("lamina-receipt-stage") ?? "nothing");
    return { jobId: answer.header("lamina-job-id") ?? id, stage, bytes: answer.body };
  }

  /** Asks until the receipt has come to `stage`, or further. Throws `WaitTimeoutError`. */
  async waitFor(id: string, stage: ReceiptStage, options: WaitForStageOptions = {}): Promise<FetchedReceipt> {
    const { clock, timers } = this.#context.env;
    const waitMs = options.waitMs ?? WAIT_MS;
    const deadlineMs = clock.monotonicMs() + waitMs;
    for (;;) {
      const found = await this.get(id, options);
      if (STAGES.indexOf(found.stage) >= STAGES.indexOf(stage)) return found;
      if (clock.monotonicMs() + POLL_MS > deadlineMs) throw new WaitTimeoutError(`receipt of ${id}`, stage, found.stage, waitMs);
      await timers.sleep(POLL_MS, options.signal);
    }
  }
}
