import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { BaseError } from "@lamina/primitives";
import { bus } from "@lamina/protocol";

/**
 * What travels where. Requests: `work` takes `WorkRequest` and answers `WorkReply`, `spend` takes `SpendRootRequest` and answers `SpendRootReply`.
 * Stream: `results` carries `ResultRun`. Notices: `heartbeat` carries `Heartbeat`, `heads` `SignedHead`, `preconfirm` `Preconfirmation`,
 * `cancel-job` `CancelRequest`.
 */
export const messageSchemas = {
  workRequest: bus.WorkRequestSchema,
  workReply: bus.WorkReplySchema,
  spendRootRequest: bus.SpendRootRequestSchema,
  spendRootReply: bus.SpendRootReplySchema,
  resultRun: bus.ResultRunSchema,
  heartbeat: bus.HeartbeatSchema,
  signedHead: bus.SignedHeadSchema,
  preconfirmation: bus.PreconfirmationSchema,
  cancelRequest: bus.CancelRequestSchema,
} as const;

/** Bytes from the bus that are not the message they should be. */
export class MessageFormatError extends BaseError<"MESSAGE_FORMAT"> {
  readonly details: { readonly expected: string; readonly foundBytes: number };
  constructor(details: { expected: string; foundBytes: number }, options?: ErrorOptions) {
    super("MESSAGE_FORMAT", `expected a ${details.expected}, found ${details.foundBytes} bytes that are none`, options);
    this.details = details;
  }
}

export function encodeMessage<Schema extends DescMessage>(schema: Schema, message: MessageInitShape<Schema>): Uint8Array {
  return toBinary(schema, create(schema, message));
}

/** Protobuf only carries what is signed: whoever reads a message checks its lengths and signatures. Throws `MessageFormatError`. */
export function decodeMessage<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw new MessageFormatError({ expected: schema.typeName, foundBytes: bytes.length }, { cause: error });
  }
}
