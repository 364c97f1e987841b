export {
  apiKeys,
  blocks,
  budgets,
  cursors,
  finalRecords,
  gatewaySchema,
  jobs,
  lanes,
  nonceCursors,
  organisations,
  requests,
} from "./gateway-schema/index.ts";
export {
  batches,
  blocks as indexedBlocks,
  faults,
  follower,
  type IndexedException,
  type IndexedOffer,
  indexSchema,
  lanes as indexedLanes,
  models,
  modelVersions,
  operators,
  results,
  signingKeys,
  terms,
  transfers,
} from "./index-schema/index.ts";
export { type MigratedSchema, MigrationError, migrate } from "./migrations.ts";
export { closeSql, connectDrizzle, connectSql, type Drizzled, type PoolOptions, type Sql, type Transaction } from "./postgres/connect.ts";
export { DatabaseError, isCheckViolation, isUniqueViolation, sqlStateOf } from "./postgres/failure.ts";
export { prepareRoles, ROLES, type ServiceRole, urlOfRole } from "./roles.ts";
