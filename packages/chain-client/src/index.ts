export type { Account, AccountState, ChainConnection, TxTerms } from "./account.ts";
export {
  ChainUnreachableError,
  HeightMissingError,
  isChainCode,
  QueryRefusedError,
  RegistryCode,
  RollupCode,
  SdkCode,
  TxLostError,
  TxRefusedError,
  WrongChainError,
} from "./chain-errors.ts";
export { ChainReader } from "./chain-reader.ts";
export type { AbciAnswer, AbciQuery, CheckedTx, Comet, CometStatus, IncludedTx } from "./comet.ts";
export { type CommittedBlock, type CommittedMessage, type CommittedTx, EventShapeError, typedEvent } from "./committed-block.ts";
export { accountAddress, type ChainOptions, connectChain, moduleAddress } from "./cosmjs-adapter.ts";
export { type BatchGasParams, type BatchSize, batchGas, batchSize, feeFor } from "./fee.ts";
export { KeyFileError, readKeyFile } from "./key-file.ts";
export { ADDRESS_PREFIX, bankSend, DENOM, type TxMessage, txMessage, txRegistry } from "./messages.ts";
export {
  canTakeTerm,
  deposit,
  forceInclude,
  type LaneTerms,
  newIncarnation,
  type OperatorDescription,
  type OperatorKind,
  openLane,
  type RegistrationContext,
  registerModel,
  registerOperator,
  responseOf,
  revokeLane,
  rotateKey,
  takeTerm,
  topUpLane,
  unbond,
  updateOperator,
} from "./registration.ts";
export type { TxEvent } from "./tx-event.ts";
export { type GasPlan, type SendOptions, TX_SENDER_DEFAULTS, TxSender, type TxSenderDependencies, type TxSenderOptions } from "./tx-sender.ts";
