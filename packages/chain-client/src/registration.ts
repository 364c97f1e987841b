import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { possessBytes, ROLE_SEQUENCER, ROLE_SPENDER, ROLE_WORKER, type Signer } from "@lamina/codec";
import type { ChainId, Digest, ModelId, PublicKey } from "@lamina/primitives";
import { escrowTx, registry, registryTx, rollupTx } from "@lamina/protocol";
import { QueryRefusedError, TxRefusedError } from "./chain-errors.ts";
import type { IncludedTx } from "./comet.ts";
import { type TxMessage, txMessage } from "./messages.ts";
import type { TxSender } from "./tx-sender.ts";

/** For how many heights a statement of possession holds: long enough for any retry, too short to be of use later. */
const POSSESSION_HEIGHTS = 1_000n;

export interface RegistrationContext {
  readonly chainId: ChainId;
  /** Of the chain now. */
  readonly height: bigint;
}

export interface OperatorDescription {
  readonly natsKey: string;
  readonly region: string;
  readonly capabilities: readonly string[];
  readonly offers: readonly { readonly modelId: ModelId; readonly unitPriceUlam: bigint }[];
}

export type OperatorKind = "worker" | "sequencer";

const ROLE = { worker: registry.OperatorRole.WORKER, sequencer: registry.OperatorRole.SEQUENCER } as const;
const KEY_ROLE = { worker: ROLE_WORKER, sequencer: ROLE_SEQUENCER } as const;

/** Registers and bonds the sender's account as an operator with `signer`'s key. Gives the operator's id. */
export async function registerOperator(
  sender: TxSender,
  context: RegistrationContext,
  operator: OperatorDescription & { readonly kind: OperatorKind; readonly signer: Signer; readonly bondUlam: bigint },
): Promise<bigint> {
  const { possession, possessionExpires } = await possess(operator.signer, KEY_ROLE[operator.kind], sender.address, context);
  const message = txMessage(registryTx.MsgRegisterOperatorSchema, {
    operator: sender.address,
    role: ROLE[operator.kind],
    signingKey: operator.signer.publicKey,
    possession,
    possessionExpires,
    natsKey: operator.natsKey,
    bond: `${operator.bondUlam}`,
    region: operator.region,
    capabilities: [...operator.capabilities],
    offers: offersOf(operator),
  });
  return responseOf(registryTx.MsgRegisterOperatorResponseSchema, await sender.send([message])).id;
}

/** Replaces what an operator says of itself. */
export async function updateOperator(sender: TxSender, kind: OperatorKind, description: OperatorDescription): Promise<void> {
  const { natsKey, region, capabilities } = description;
  const fields = { operator: sender.address, role: ROLE[kind], natsKey, region, capabilities: [...capabilities], offers: offersOf(description) };
  await sender.send([txMessage(registryTx.MsgUpdateOperatorSchema, fields)]);
}

/** Registers a new signing key and retires the old one (T64). */
export async function rotateKey(sender: TxSender, context: RegistrationContext, kind: OperatorKind, signer: Signer): Promise<void> {
  const proof = await possess(signer, KEY_ROLE[kind], sender.address, context);
  const fields = { operator: sender.address, role: ROLE[kind], signingKey: signer.publicKey, ...proof };
  await sender.send([txMessage(registryTx.MsgRotateKeySchema, fields)]);
}

export async function unbond(sender: TxSender, kind: OperatorKind): Promise<{ endsHeight: bigint }> {
  const message = txMessage(registryTx.MsgUnbondSchema, { operator: sender.address, role: ROLE[kind] });
  return { endsHeight: responseOf(registryTx.MsgUnbondResponseSchema, await sender.send([message])).ends };
}

/** Registers a model's whole manifest under its name and a version. */
export async function registerModel(sender: TxSender, manifest: Uint8Array, version: string): Promise<ModelId> {
  const message = txMessage(registryTx.MsgRegisterModelSchema, { publisher: sender.address, manifest, version });
  return responseOf(registryTx.MsgRegisterModelResponseSchema, await sender.send([message])).modelId as ModelId;
}

/** Moves ulam from the sender's account into its escrow deposit. */
export async function deposit(sender: TxSender, amountUlam: bigint): Promise<void> {
  await sender.send([txMessage(escrowTx.MsgDepositSchema, { payer: sender.address, amount: `${amountUlam}` })]);
}

export interface LaneTerms {
  readonly spender: Signer;
  readonly limitUlam: bigint;
  readonly endHeight: bigint;
  /** None: all. */
  readonly models: readonly ModelId[];
  readonly levels: readonly number[];
}

/** Opens a lane out of the sender's deposit. Gives the lane's id. */
export async function openLane(sender: TxSender, context: RegistrationContext, lane: LaneTerms): Promise<bigint> {
  const proof = await possess(lane.spender, ROLE_SPENDER, sender.address, context);
  const message = txMessage(escrowTx.MsgOpenLaneSchema, {
    payer: sender.address,
    spenderKey: lane.spender.publicKey,
    ...proof,
    limit: `${lane.limitUlam}`,
    endHeight: lane.endHeight,
    models: [...lane.models],
    levels: [...lane.levels],
  });
  return responseOf(escrowTx.MsgOpenLaneResponseSchema, await sender.send([message])).lane;
}

export async function topUpLane(sender: TxSender, lane: bigint, amountUlam: bigint): Promise<void> {
  await sender.send([txMessage(escrowTx.MsgTopUpLaneSchema, { payer: sender.address, lane, amount: `${amountUlam}` })]);
}

export async function revokeLane(sender: TxSender, lane: bigint): Promise<{ endHeight: bigint }> {
  const sent = await sender.send([txMessage(escrowTx.MsgRevokeLaneSchema, { payer: sender.address, lane })]);
  return { endHeight: responseOf(escrowTx.MsgRevokeLaneResponseSchema, sent).endHeight };
}

/** Posts a run past the sequencer (T30, T65). `run`: `encodeForcedRun`. */
export async function forceInclude(sender: TxSender, run: Uint8Array): Promise<{ sequence: bigint }> {
  const sent = await sender.send([txMessage(rollupTx.MsgForceIncludeSchema, { submitter: sender.address, run })]);
  return { sequence: responseOf(rollupTx.MsgForceIncludeResponseSchema, sent).sequence };
}

/** Opens the next incarnation of one of the sender's workers. */
export async function newIncarnation(sender: TxSender, worker: PublicKey): Promise<{ incarnation: number; opensHeight: bigint }> {
  const sent = await sender.send([txMessage(rollupTx.MsgNewIncarnationSchema, { operator: sender.address, worker })]);
  const { incarnation, opens } = responseOf(rollupTx.MsgNewIncarnationResponseSchema, sent);
  return { incarnation, opensHeight: opens };
}

/** Takes over the next term, building on the accepted block that is named. */
export async function takeTerm(sender: TxSender, term: bigint, acceptedNumber: bigint, acceptedHash: Digest): Promise<void> {
  await sender.send([takeTermMessage(sender, term, acceptedNumber, acceptedHash)]);
}

/** Whether the chain would give the term now, by running the message without effect. */
export async function canTakeTerm(sender: TxSender, term: bigint, acceptedNumber: bigint, acceptedHash: Digest): Promise<boolean> {
  try {
    await sender.simulate([takeTermMessage(sender, term, acceptedNumber, acceptedHash)]);
    return true;
  } catch (error) {
    if (error instanceof QueryRefusedError && error.details.codespace === "rollup") return false;
    throw error;
  }
}

function takeTermMessage(sender: TxSender, term: bigint, acceptedNumber: bigint, acceptedHash: Digest): TxMessage {
  return txMessage(rollupTx.MsgTakeTermSchema, { operator: sender.address, term, acceptedNumber, acceptedHash });
}

/** The response of a transaction's first message. */
export function responseOf<Desc extends DescMessage>(schema: Desc, sent: IncludedTx): MessageShape<Desc> {
  const [first] = sent.responses;
  if (first !== undefined) return fromBinary(schema, first);
  const { hash, code, codespace } = sent;
  throw new TxRefusedError({ stage: "included", hash, code, codespace, log: `expected a ${schema.typeName}, found no response` });
}

async function possess(signer: Signer, role: number, account: string, { chainId, height }: RegistrationContext) {
  const possessionExpires = height + POSSESSION_HEIGHTS;
  const statement = possessBytes(chainId, { role, key: signer.publicKey, account, expires: possessionExpires });
  return { possession: await signer.sign(statement), possessionExpires };
}

function offersOf({ offers }: OperatorDescription) {
  return offers.map(({ modelId, unitPriceUlam }) => ({ modelId, unitPrice: unitPriceUlam }));
}
