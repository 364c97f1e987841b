// The door for browsers and for everybody who only checks receipts: no network, no Node built-in, no CosmJS, no eval.
export { decodeTensorsFile, type Item, strictVerifier, type VerifySignature } from "@lamina/codec";
export {
  type Checkpoint,
  CheckpointError,
  decodeReceipt,
  formatTimestamp,
  parseCheckpoint,
  parseTimestamp,
  type Receipt,
  type ReceiptOutcome,
  type ReceiptReader,
  type ReceiptStage,
  type ReceiptVerdict,
  type Timestamp,
  timestampFromMs,
  verifyReceipt,
} from "@lamina/light-client";
