import { bus } from "@lamina/protocol";
import { GatewayError } from "../gateway-error.ts";

const { WorkRefusal } = bus;
const MESSAGE_MAX = 300;

export interface RefusalMeaning {
  readonly error: GatewayError;
  /** No other worker would say otherwise. */
  readonly isFinal: boolean;
  /** Others are asked first for a while. */
  readonly isWorkersFault: boolean;
}

/** What a worker's refusal means for the client and for where to ask next. A refused job did not run and costs nothing. */
export function meaningOfRefusal(reason: bus.WorkRefusal, message: string): RefusalMeaning {
  switch (reason) {
    case WorkRefusal.BAD_INPUT:
      return {
        error: new GatewayError("invalid_tensor", `the model does not take this input: ${shown(message)}`),
        isFinal: true,
        isWorkersFault: false,
      };
    case WorkRefusal.NOT_COVERED:
      return {
        error: new GatewayError("lane_not_usable", `the worker does not see the job covered: ${shown(message)}`),
        isFinal: false,
        isWorkersFault: false,
      };
    case WorkRefusal.OVERLOADED:
    case WorkRefusal.DRAINING:
      return {
        error: new GatewayError("no_worker", "every worker is busy", { retryAfterSeconds: 1 }),
        isFinal: false,
        isWorkersFault: reason === WorkRefusal.DRAINING,
      };
    case WorkRefusal.DEADLINE:
      return { error: new GatewayError("deadline", "no worker answered within the deadline"), isFinal: true, isWorkersFault: false };
    case WorkRefusal.CANCELLED:
      return { error: new GatewayError("cancelled", "the job was cancelled"), isFinal: true, isWorkersFault: false };
    case WorkRefusal.EXECUTION_FAILED:
    case WorkRefusal.MALFORMED:
      // What a client sends must not take a worker from all others (I30).
      return {
        error: new GatewayError("execution_failed", `the worker could not run the job: ${shown(message)}`),
        isFinal: false,
        isWorkersFault: false,
      };
    default:
      // Wrong worker, price, expired, unknown model, or a reason of a later version: it does not do what it offers.
      return { error: new GatewayError("execution_failed", `the worker refused the job: ${shown(message)}`), isFinal: false, isWorkersFault: true };
  }
}

/** A worker's words, short and on one line. */
function shown(message: string): string {
  return message.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, MESSAGE_MAX);
}
