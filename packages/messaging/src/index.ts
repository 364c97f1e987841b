export {
  AuthorityStateError,
  BondRefusedError,
  ClaimsRejectedError,
  GrantError,
} from "./authority/authority-errors.ts";
export type {
  BondChecker,
  BondStanding,
  BusAuthorityDependencies,
  BusAuthorityOptions,
  ClaimsPublisher,
  MintedUser,
  ServerTrust,
} from "./authority/bus-authority.ts";
export { BusAuthority } from "./authority/bus-authority.ts";
export type { AccountOptions } from "./authority/claims.ts";
export type { UserKeys } from "./authority/user-keys.ts";
export { makeUserKeys, userKeysOf } from "./authority/user-keys.ts";
export type { AppendOptions, Bus, ConsumeQueue, IncomingRequest, Notice, RequestHandler, RequestOptions, Served, Unsubscribe } from "./bus.ts";
export { Refusal } from "./bus.ts";
export {
  AppendRefusedError,
  BusClosedError,
  ConnectError,
  ConnectionLostError,
  DeadlineError,
  FrameError,
  InvalidTokenError,
  NoRespondersError,
  PayloadTooLargeError,
  PermissionError,
  ServiceRefusedError,
} from "./bus-errors.ts";
export type { CredentialFilesOptions } from "./credential-files.ts";
export { CredentialFileError, openCredentialFiles } from "./credential-files.ts";
export { decodeMessage, encodeMessage, MessageFormatError, messageSchemas } from "./messages.ts";
export type { StreamAdmin, StreamState } from "./nats/nats-admin.ts";
export { connectClaimsPublisher, connectStreamAdmin, StreamMismatchError } from "./nats/nats-admin.ts";
export type { NatsCredentials, NatsDependencies, NatsOptions, NatsTls } from "./nats/nats-bus.ts";
export { connectNatsBus } from "./nats/nats-bus.ts";
export type { OutboxDependencies, OutboxOptions } from "./outbox/outbox.ts";
export { Outbox, OutboxConflictError, OutboxFullError } from "./outbox/outbox.ts";
export { OutboxFailedError } from "./outbox/outbox-file.ts";
export type { OutboxEntry } from "./outbox/outbox-log.ts";
export { OutboxCorruptError } from "./outbox/outbox-log.ts";
export type { Grantee, PermissionSet } from "./permissions.ts";
export { permissionsOf } from "./permissions.ts";
export type { ServerReport } from "./server/check-server.ts";
export { checkServer, MonitorError, serverFaults, UnfitServerError } from "./server/check-server.ts";
export type { ClusterConfig, RouteTlsFiles } from "./server/render-cluster-config.ts";
export { renderClusterConfig } from "./server/render-cluster-config.ts";
export type { ServerConfig, ServerTlsFiles } from "./server/render-server-config.ts";
export { renderServerConfig } from "./server/render-server-config.ts";
export { ServerConfigError } from "./server/server-config-error.ts";
export type { ConsumerSpec, StreamOptions, StreamSpec } from "./streams.ts";
export { deadStream, headsConsumer, headsStream, RESULTS_ACK_WAIT_MS, resultsConsumer, resultsStream } from "./streams.ts";
export type { Peer, Role, Service, Subject } from "./subjects.ts";
export {
  ALL_DEAD_LETTERS,
  ALL_HEADS,
  ALL_HEARTBEATS,
  ALL_PRECONFIRMATIONS,
  ALL_RESULTS,
  cancelJobSubject,
  DEAD_STREAM,
  deadLetterSubject,
  headsSubject,
  heartbeatSubject,
  preconfirmationSubject,
  RESULTS_STREAM,
  resultsDurable,
  resultsSubject,
  spendService,
  workService,
} from "./subjects.ts";
export type { Appended, ConnectionStatus, Consumption, StreamMessage } from "./transport.ts";
