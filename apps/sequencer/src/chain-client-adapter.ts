import { fromBinary } from "@bufbuild/protobuf";
import {
  batchGas,
  batchSize,
  type ChainReader,
  canTakeTerm,
  isChainCode,
  RegistryCode,
  RollupCode,
  responseOf,
  TxRefusedError,
  type TxSender,
  takeTerm,
  txMessage,
} from "@lamina/chain-client";
import { type Batch, genesisParent } from "@lamina/codec";
import type { BatchId, ChainId, Digest, PublicKey } from "@lamina/primitives";
import { type escrow, registry, type rollup, rollupTx } from "@lamina/protocol";
import type { ChainTerm } from "@lamina/rollup";
import type { ChainLimits, Reported, SequencerChain, Submitted } from "./chain-port.ts";
import { type HeadFault, reportOf } from "./faults/head-fault.ts";

/** Codes that say "elsewhere", not "wrong": the term or the accepted block moved on. */
const STALE_CODES = [RollupCode.term, RollupCode.parent, RollupCode.unauthorized];

/** Who keeps a term. */
const IN_OFFICE: readonly registry.OperatorStatus[] = [registry.OperatorStatus.ACTIVE, registry.OperatorStatus.PAUSED];

/** The chain over @lamina/chain-client. */
export function chainOverClient(chainId: ChainId, reader: ChainReader, sender: TxSender): SequencerChain {
  let params: rollup.Params | undefined;
  let layout: escrow.Layout | undefined;
  const gasOf = async (batch: Batch, bytes: number) => {
    params ??= await reader.rollupParams();
    layout ??= (await reader.escrowParams()).layout;
    return batchGas(batchSize(batch, bytes, layout.epochHeights), params);
  };
  return {
    operator: sender.address,
    height: () => reader.height(),
    term: async () => termOf(chainId, await reader.term()),
    limits: async () => {
      params = await reader.rollupParams();
      return limitsOf(params);
    },
    logTip: (log) => reader.log(log),
    workerKey: async (key) => {
      const found = await reader.signingKey(key);
      return found?.role === registry.OperatorRole.WORKER ? { registeredHeight: found.registeredHeight } : undefined;
    },
    model: async (model) => {
      const found = await reader.model(model);
      return found === undefined ? undefined : { registeredHeight: found.registeredHeight };
    },
    lane: async (id) => {
      const found = await reader.lane(id);
      return found === undefined ? undefined : { registeredHeight: found.registeredHeight, spenderKey: found.spenderKey as PublicKey };
    },
    submit: async (batch, bytes, signal) => submit(sender, bytes, await gasOf(batch, bytes.length), signal),
    isSequencerOut: async (operator) => {
      const found = await reader.operatorByAccount(operator, registry.OperatorRole.SEQUENCER);
      return found === undefined || !IN_OFFICE.includes(found.status);
    },
    canTakeTerm: (term, acceptedNumber, acceptedHash) => canTakeTerm(sender, term, acceptedNumber, acceptedHash),
    takeTerm: (term, acceptedNumber, acceptedHash) => takeTerm(sender, term, acceptedNumber, acceptedHash),
    reportHeadFault: (fault, signal) => reportHeadFault(sender, fault, signal),
  };
}

async function submit(sender: TxSender, bytes: Uint8Array, gas: bigint, signal: AbortSignal): Promise<Submitted> {
  const message = txMessage(rollupTx.MsgSubmitBatchSchema, { submitter: sender.address, batch: bytes });
  try {
    const sent = await sender.send([message], { gas: { kind: "limit", gas }, signal });
    const [response = new Uint8Array()] = sent.responses;
    const { batchId, repeatedBatch } = fromBinary(rollupTx.MsgSubmitBatchResponseSchema, response);
    const accepted = { batchId: batchId as BatchId, isRepeated: repeatedBatch, height: sent.height, gasUsed: sent.gasUsed };
    return { kind: "accepted", accepted };
  } catch (error) {
    if (!(error instanceof TxRefusedError) || error.details.codespace !== "rollup") throw error;
    const { codespace, code, log } = error.details;
    const isStale = STALE_CODES.some((stale) => isChainCode(error, "rollup", stale));
    return isStale ? { kind: "stale", reason: log } : { kind: "rejected", codespace, code, reason: log };
  }
}

async function reportHeadFault(sender: TxSender, fault: HeadFault, signal: AbortSignal): Promise<Reported> {
  try {
    const sent = await sender.send([txMessage(rollupTx.MsgReportHeadFaultSchema, reportOf(fault, sender.address))], { signal });
    return { kind: "convicted", rewardUlam: BigInt(responseOf(rollupTx.MsgReportHeadFaultResponseSchema, sent).reward) };
  } catch (error) {
    if (isChainCode(error, "registry", RegistryCode.alreadyJudged)) return { kind: "judged" };
    // What its rules refuse stays refused; a fee that we cannot pay today says nothing of the evidence.
    const isRefused = isChainCode(error, "rollup", RollupCode.evidence) || isChainCode(error, "registry", RegistryCode.keyUnknown);
    if (!isRefused || !(error instanceof Error)) throw error;
    return { kind: "refused", reason: error.message };
  }
}

function limitsOf(params: rollup.Params): ChainLimits {
  return { bytesMax: params.batchBytesMax, rowsMax: params.batchRowsMax, blocksMax: params.batchBlocksMax, blockRunsMax: params.blockRunsMax };
}

function termOf(chainId: ChainId, term: rollup.Term | undefined): ChainTerm {
  if (term === undefined) {
    const nobody = { key: new Uint8Array(32) as PublicKey, operator: "" };
    return { term: 0n, ...nobody, acceptedNumber: 0n, acceptedHash: genesisParent(chainId) };
  }
  const { key, operator, acceptedNumber, acceptedHash } = term;
  return { term: term.term, key: key as PublicKey, operator, acceptedNumber, acceptedHash: acceptedHash as Digest };
}
