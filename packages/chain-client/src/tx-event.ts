/** What a message or a block did, as the chain tells it. Values of typed events are JSON. */
export interface TxEvent {
  readonly type: string;
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}
