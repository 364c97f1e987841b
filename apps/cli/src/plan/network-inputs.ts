import type { Checkout } from "../checkout.ts";
import type { NetworkRecord } from "../state/network-record.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { PortLayout } from "./ports.ts";

/** What every planner may look at. */
export interface NetworkInputs {
  readonly checkout: Checkout;
  readonly folder: StateFolder;
  readonly record: NetworkRecord;
  readonly ports: PortLayout;
}
