/** Part of a request that waits to be run: at most as many items as one batch may hold. */
export interface Waiting {
  readonly profile: number;
  readonly items: number;
  /** Monotonic time of its arrival. */
  readonly sinceMs: number;
  /** True where it must have no company: it, or one that was run with it, made a run fail. */
  readonly alone?: boolean;
}

export interface BatchLimits {
  /** Most items in one run at a profile. */
  readonly itemsMax: (profile: number) => number;
  /** Longest that a free process may be kept waiting for more company. 0: whatever waits goes at once, and only what arrives while all are busy is joined. */
  readonly addedDelayMaxMs: number;
}

export type BatchDecision<Part> =
  | { readonly kind: "run"; readonly parts: readonly Part[] }
  /** Ask again after `delayMs`, or when more has arrived. */
  | { readonly kind: "wait"; readonly delayMs: number }
  | { readonly kind: "nothing" };

/**
 * What a free process should do next. The oldest part decides the profile, so nobody starves; later parts of that profile join in the order of
 * their arrival while they fit. `waiting` is ordered by arrival, each part within its profile's limit.
 */
export function nextBatch<Part extends Waiting>(waiting: readonly Part[], nowMs: number, limits: BatchLimits): BatchDecision<Part> {
  const oldest = waiting[0];
  if (oldest === undefined) return { kind: "nothing" };
  if (oldest.alone === true) return { kind: "run", parts: [oldest] };
  const itemsMax = limits.itemsMax(oldest.profile);
  const parts: Part[] = [];
  let items = 0;
  for (const part of waiting) {
    if (items === itemsMax) break;
    if (part.alone === true || part.profile !== oldest.profile || items + part.items > itemsMax) continue;
    parts.push(part);
    items += part.items;
  }
  const delayMs = oldest.sinceMs + limits.addedDelayMaxMs - nowMs;
  return items < itemsMax && delayMs > 0 ? { kind: "wait", delayMs } : { kind: "run", parts };
}

/** Sizes of the parts that a request of `items` is cut into, none larger than `itemsMax`. */
export function partSizes(items: number, itemsMax: number): number[] {
  const whole = Math.floor(items / itemsMax);
  const rest = items % itemsMax;
  return [...Array.from({ length: whole }, () => itemsMax), ...(rest === 0 ? [] : [rest])];
}
