export { gatewaySchema } from "./schema.ts";
export { blocks, cursors, finalRecords, sequencerTerms } from "./settlement.ts";
export { budgetLeases, instances, keyUsage, placeLeases } from "./sharing.ts";
export { budgets, nonceCursors } from "./spending.ts";
export { apiKeys, lanes, organisations } from "./tenants.ts";
export { jobs, requests } from "./work.ts";
