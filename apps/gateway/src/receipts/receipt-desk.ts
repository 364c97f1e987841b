import type { ReceiptStage } from "@lamina/light-client";
import { fromHex, isHex, toHex } from "@lamina/primitives";
import { GatewayError } from "../gateway-error.ts";
import type { JobArchive } from "../jobs/job-archive.ts";
import type { RequestStore } from "../requests/request-store.ts";

export interface FoundReceipt {
  readonly stage: ReceiptStage;
  readonly jobIdHex: string;
  readonly bytes: Uint8Array;
}

export interface ReceiptDeskDependencies {
  readonly archive: JobArchive;
  readonly requests: RequestStore;
}

/** Receipts of an organisation's own jobs, at the highest stage that is reached. */
export class ReceiptDesk {
  readonly #dependencies: ReceiptDeskDependencies;

  constructor(dependencies: ReceiptDeskDependencies) {
    this.#dependencies = dependencies;
  }

  /** By job id in hex, or by the id of an answered request. Throws `GatewayError` (`not_found`). */
  async find(organisationId: string, id: string): Promise<FoundReceipt> {
    const jobId = await this.#jobIdOf(organisationId, id);
    const job = jobId === undefined ? undefined : await this.#dependencies.archive.find(organisationId, jobId);
    if (jobId === undefined || job?.receipt === undefined) throw new GatewayError("not_found", "no such receipt");
    return { stage: "signed", jobIdHex: toHex(jobId), bytes: job.receipt };
  }

  async #jobIdOf(organisationId: string, id: string): Promise<Uint8Array | undefined> {
    if (isHex(id, 32)) return fromHex(id);
    return (await this.#dependencies.requests.byId(organisationId, id))?.jobId;
  }
}
