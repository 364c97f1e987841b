export {
  apiKeys,
  blocks,
  budgetLeases,
  budgets,
  cursors,
  finalRecords,
  gatewaySchema,
  instances,
  jobs,
  keyUsage,
  lanes,
  nonceCursors,
  organisations,
  placeLeases,
  requests,
  sequencerTerms,
} from "./gateway-schema/index.ts";
export {
  batches,
  blocks as indexedBlocks,
  deposits,
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
  runs,
  signingKeys,
  terms,
  transfers,
  violations,
} from "./index-schema/index.ts";
export { clearIndex, grantReader } from "./index-schema/reader.ts";
export { type MigratedSchema, MigrationError, migrate } from "./migrations.ts";
export {
  closeSql,
  connectDrizzle,
  connectSql,
  type Drizzled,
  type Fragment,
  type PoolOptions,
  type Sql,
  type Transaction,
} from "./postgres/connect.ts";
export { DatabaseError, isCheckViolation, isRetryableFailure, isUniqueViolation, sqlStateOf } from "./postgres/failure.ts";
export { asOrganisation, bypassesIsolation, connectTenants, type TenantSql } from "./postgres/tenants.ts";
export { prepareRoles, ROLES, type ServiceRole, urlOfRole } from "./roles.ts";
