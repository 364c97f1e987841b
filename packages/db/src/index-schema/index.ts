export { deposits, type IndexedOffer, lanes, models, modelVersions, operators, signingKeys } from "./actors.ts";
export { faults, follower, terms, transfers, violations } from "./money.ts";
export { indexSchema } from "./schema.ts";
export { batches, blocks, type IndexedException, results, runs } from "./work.ts";
