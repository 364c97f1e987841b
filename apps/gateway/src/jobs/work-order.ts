import type { Item, Profile } from "@lamina/codec";
import type { OfferedModel } from "../models/offered-model.ts";

/** What a request wants run, whatever API it came by. */
export interface WorkOrder {
  readonly organisationId: string;
  readonly keyId: string;
  readonly model: OfferedModel;
  readonly profile: Profile;
  readonly items: readonly Item[];
  readonly level: number;
  readonly param: number;
  /** The client's own words, at most 256 bytes; inside the signed job (T75). */
  readonly reference: Uint8Array;
  /** Most that it may cost, ulam (I7). */
  readonly chargeMax: bigint | undefined;
  /** The durable request that it belongs to. */
  readonly requestId?: string;
}

/** By when, on the monotonic clock, and until when it is wanted at all. */
export interface Patience {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}
