import { inspectModel, type ModelLimits, type ModelSummary, type Refusal } from "@lamina/onnx";
import type { ModelSignature } from "./signature.ts";

export interface ServingPlan {
  readonly summary: ModelSummary;
  /** Most items in one run at a profile: as many as keep a run short, so that nobody waits long behind a batch. */
  readonly itemsMax: (profile: number) => number;
  /** Memory that one process may need for this model, for its limits. */
  readonly memoryBytesMax: number;
}

export type Plan = { readonly kind: "accepted"; readonly plan: ServingPlan } | { readonly kind: "refused"; readonly refusal: Refusal };

/** Some 20 to 40 ms on one core: beyond it a larger batch gains little and delays others. */
const BATCH_OPERATIONS_MAX = 7e8;
const BATCH_ITEMS_MAX = 64;
const BASE_BYTES = 256 * 2 ** 20;
/** The frame that brings the file, the runtime's copy, and copies packed for its kernels. */
const FILE_COPIES = 3;
/** The runtime's arena rounds up and keeps what it had. */
const ACTIVATION_COPIES = 3;

/** Passes a model file through the gate and derives from its costs how to serve it. Never throws for any file. */
export function planServing(graph: Uint8Array, signature: ModelSignature, limits?: ModelLimits): Plan {
  const inspection = inspectModel(graph, signature, limits);
  if (inspection.kind === "refused") return inspection;
  const { summary } = inspection;
  const itemsMax = (profile: number) => {
    const cost = summary.costs.get(profile);
    const operations = cost === undefined ? BATCH_OPERATIONS_MAX : Math.max(1, cost.macs + cost.elements);
    return Math.min(BATCH_ITEMS_MAX, Math.max(1, Math.floor(BATCH_OPERATIONS_MAX / operations)));
  };
  const activations = Math.max(...[...summary.costs].map(([profile, cost]) => cost.peakBytes * itemsMax(profile)));
  return { kind: "accepted", plan: { summary, itemsMax, memoryBytesMax: BASE_BYTES + FILE_COPIES * graph.length + ACTIVATION_COPIES * activations } };
}
