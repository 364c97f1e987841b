import { fromHex } from "@lamina/primitives";
import type { SignedBlock } from "../commit.ts";
import type { BlockId, Header } from "../header.ts";
import { parseTimestamp } from "../timestamp.ts";
import type { ValidatorSet } from "../validator-set.ts";

/** The shapes of test/vectors/light-client: bytes as hex, integers as decimal strings, times as RFC 3339. */
export interface BlockIdShape {
  hash: string;
  partsTotal: string;
  partsHash: string;
}

export interface HeaderShape {
  blockVersion: string;
  appVersion: string;
  chainId: string;
  height: string;
  time: string;
  lastBlockId: BlockIdShape;
  lastCommitHash: string;
  dataHash: string;
  validatorsHash: string;
  nextValidatorsHash: string;
  consensusHash: string;
  appHash: string;
  lastResultsHash: string;
  evidenceHash: string;
  proposerAddress: string;
}

export interface BlockShape {
  header: HeaderShape;
  validators: { publicKey: string; power: string }[];
  commit: { round: string; partsTotal: string; partsHash: string; signatures: { validator: string; time: string; signature: string }[] };
}

export function blockIdOf(shape: BlockIdShape): BlockId {
  return { hash: fromHex(shape.hash), partsTotal: Number(shape.partsTotal), partsHash: fromHex(shape.partsHash) };
}

export function headerOf(shape: HeaderShape): Header {
  return {
    blockVersion: BigInt(shape.blockVersion),
    appVersion: BigInt(shape.appVersion),
    chainId: shape.chainId,
    height: BigInt(shape.height),
    time: parseTimestamp(shape.time),
    lastBlockId: blockIdOf(shape.lastBlockId),
    lastCommitHash: fromHex(shape.lastCommitHash),
    dataHash: fromHex(shape.dataHash),
    validatorsHash: fromHex(shape.validatorsHash),
    nextValidatorsHash: fromHex(shape.nextValidatorsHash),
    consensusHash: fromHex(shape.consensusHash),
    appHash: fromHex(shape.appHash),
    lastResultsHash: fromHex(shape.lastResultsHash),
    evidenceHash: fromHex(shape.evidenceHash),
    proposerAddress: fromHex(shape.proposerAddress),
  };
}

export function validatorsOf(shapes: BlockShape["validators"]): ValidatorSet {
  return shapes.map(({ publicKey, power }) => ({ publicKey: fromHex(publicKey), power: BigInt(power) }));
}

export function blockOf(shape: BlockShape): SignedBlock {
  const { commit } = shape;
  const signatures = commit.signatures.map(({ validator, time, signature }) => ({
    validator: Number(validator),
    time: parseTimestamp(time),
    signature: fromHex(signature),
  }));
  return {
    header: headerOf(shape.header),
    validators: validatorsOf(shape.validators),
    commit: { round: Number(commit.round), partsTotal: Number(commit.partsTotal), partsHash: fromHex(commit.partsHash), signatures },
  };
}
