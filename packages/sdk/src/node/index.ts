// The door for Node: what a browser has no reach for. CosmJS comes with it.
export { ChainAccess, type ChainAccessOptions, type GrownReceipt } from "./chain-access.ts";
