export { type BuiltChain, buildChain, type ChainPlan, chainStartSeconds, type NamedPowers } from "./chain-builder.ts";
export { type BuiltReceipt, buildReceipt, type ReceiptPlan } from "./receipt-builder.ts";
export { type SeededSigner, seededDigest, seededSigner } from "./seeded-key.ts";
export { type BuiltStores, buildStores, type StoreEntry } from "./store-builder.ts";
