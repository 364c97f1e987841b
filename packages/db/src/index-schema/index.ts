export { type IndexedOffer, lanes, models, modelVersions, operators, signingKeys } from "./operators.ts";
export { indexSchema } from "./schema.ts";
export { batches, blocks, faults, follower, type IndexedException, results, terms, transfers } from "./work.ts";
