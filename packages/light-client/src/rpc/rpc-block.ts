import type { CommitSignature, SignedBlock } from "../commit.ts";
import type { BlockId, Header } from "../header.ts";
import { parseTimestamp } from "../timestamp.ts";
import type { Validator } from "../validator-set.ts";
import { type RpcAnswer, RpcAnswerError } from "./rpc-answer.ts";

const flagCommit = 2;
const ed25519Type = "tendermint/PubKeyEd25519";

/** A signed block from the answers of `commit` and `validators` at one height. Source: CometBFT v0.40.0 rpc/core/types/responses.go. */
export function signedBlockOf(commit: RpcAnswer, validators: readonly Validator[]): SignedBlock {
  const signed = commit.at("signed_header");
  const parts = signed.at("commit").at("block_id").at("parts");
  const signatures = signed.at("commit").at("signatures").list();
  return {
    header: headerOf(signed.at("header")),
    validators,
    commit: {
      round: signed.at("commit").at("round").number(),
      partsTotal: parts.at("total").number(),
      partsHash: parts.at("hash").hex(),
      signatures: signatures.flatMap((signature, validator) => commitSignatureOf(signature, validator)),
    },
  };
}

export function validatorOf(answer: RpcAnswer): Validator {
  const key = answer.at("pub_key");
  const type = key.at("type").text();
  if (type !== ed25519Type) throw new RpcAnswerError("pub_key.type", ed25519Type, type);
  return { publicKey: key.at("value").base64(), power: answer.at("voting_power").integer() };
}

function headerOf(header: RpcAnswer): Header {
  return {
    blockVersion: header.at("version").at("block").integer(),
    appVersion: header.at("version").at("app").integer(),
    chainId: header.at("chain_id").text(),
    height: header.at("height").integer(),
    time: parseTimestamp(header.at("time").text()),
    lastBlockId: blockIdOf(header.at("last_block_id")),
    lastCommitHash: header.at("last_commit_hash").hex(),
    dataHash: header.at("data_hash").hex(),
    validatorsHash: header.at("validators_hash").hex(),
    nextValidatorsHash: header.at("next_validators_hash").hex(),
    consensusHash: header.at("consensus_hash").hex(),
    appHash: header.at("app_hash").hex(),
    lastResultsHash: header.at("last_results_hash").hex(),
    evidenceHash: header.at("evidence_hash").hex(),
    proposerAddress: header.at("proposer_address").hex(),
  };
}

function blockIdOf(blockId: RpcAnswer): BlockId {
  const parts = blockId.at("parts");
  return { hash: blockId.at("hash").hex(), partsTotal: parts.at("total").number(), partsHash: parts.at("hash").hex() };
}

/** Nothing for validators that were absent or voted for no block. */
function commitSignatureOf(signature: RpcAnswer, validator: number): CommitSignature[] {
  if (signature.at("block_id_flag").number() !== flagCommit) return [];
  return [{ validator, time: parseTimestamp(signature.at("timestamp").text()), signature: signature.at("signature").base64() }];
}
