import type { Item } from "@lamina/codec";
import { BusyError, ChildLostError, DeadlineError, InvalidItemError, RunError } from "@lamina/inference";
import { bus } from "@lamina/protocol";
import type { Logger } from "@lamina/telemetry";
import type { ServedModel } from "../models/served-model.ts";
import type { WorkOrder } from "./read-request.ts";
import { type Refused, refuse } from "./refusal.ts";

const { WorkRefusal } = bus;

export type Ran = { readonly kind: "ran"; readonly outputs: readonly Item[] } | Refused;

/** Runs an order's items; what the model cannot do is a refusal. Throws what only a bug can cause. */
export async function runOrder(order: WorkOrder, model: ServedModel, timeoutMs: number, signal: AbortSignal, logger: Logger): Promise<Ran> {
  const { job, deadlineMs, items } = order;
  const waitBudgetMs = deadlineMs > 0 ? Math.min(deadlineMs, timeoutMs) : timeoutMs;
  try {
    return { kind: "ran", outputs: await model.runner.run(job.profile, items, { waitBudgetMs, signal }) };
  } catch (error) {
    if (signal.aborted) return gaveUp();
    if (error instanceof InvalidItemError) return refuse(WorkRefusal.BAD_INPUT, error.message);
    if (error instanceof BusyError) return refuse(WorkRefusal.OVERLOADED, error.message);
    if (error instanceof DeadlineError) return refuse(WorkRefusal.DEADLINE, error.message);
    if (!(error instanceof RunError || error instanceof ChildLostError)) throw error;
    logger.warn("a job could not be run", { jobId: order.jobId, model: model.name, error });
    return refuse(WorkRefusal.EXECUTION_FAILED, `${model.name} could not run these inputs`);
  }
}

/** Nobody waits for the result any more. */
export function gaveUp(): Refused {
  return refuse(WorkRefusal.CANCELLED, "nobody waits for the result any more");
}
