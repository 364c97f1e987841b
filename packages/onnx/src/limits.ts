/** What a model may cost. Counts, bytes, and multiply-adds (or element operations) of one item. */
export interface ModelLimits {
  readonly fileBytesMax: number;
  readonly nodesMax: number;
  readonly initialisersMax: number;
  /** Attributes of one node, inputs and outputs of one node. */
  readonly perNodeMax: number;
  readonly nameBytesMax: number;
  readonly rankMax: number;
  /** One tensor, of one item. */
  readonly tensorBytesMax: number;
  /** All tensors that live at once, of one item, initialisers aside. */
  readonly peakBytesMax: number;
  /** Multiply-adds of one item. */
  readonly macsMax: number;
  /** Elements written by all nodes for one item: what operators without multiply-adds cost. */
  readonly elementsMax: number;
}

export const DEFAULT_LIMITS: ModelLimits = {
  fileBytesMax: 1 << 30,
  nodesMax: 10_000,
  initialisersMax: 10_000,
  perNodeMax: 64,
  nameBytesMax: 512,
  rankMax: 8,
  tensorBytesMax: 1 << 28,
  peakBytesMax: 1 << 29,
  macsMax: 1e11,
  elementsMax: 1e10,
};
