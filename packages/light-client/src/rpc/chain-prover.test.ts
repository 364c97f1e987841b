import { fromHex, toBase64, toHex } from "@lamina/primitives";
import { loadVectors } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import type { SignedBlock } from "../commit.ts";
import { type BlockId, hashHeader } from "../header.ts";
import { storeProofProblem } from "../store-proof.ts";
import { type BuiltChain, buildChain, chainStartSeconds, type NamedPowers, seededDigest } from "../testing/index.ts";
import { formatTimestamp } from "../timestamp.ts";
import { verifyTrustPath } from "../trust-path.ts";
import { validatorAddress } from "../validator-set.ts";
import { ChainProver, type RpcCall } from "./chain-prover.ts";

interface StoreInput {
  appHash: string;
  store: string;
  key: string;
  value: string;
  operations: string[];
}

const proofs = loadVectors<StoreInput, boolean>("light-client/store-proofs");
const proof = proofs.at(-1)?.input;
if (proof === undefined) throw new Error("the vectors hold store proofs");
const now = { seconds: chainStartSeconds + 60n, nanos: 0 };

const upperHex = (bytes: Uint8Array): string => toHex(bytes).toUpperCase();
const blockIdJson = ({ hash, partsTotal, partsHash }: BlockId) => ({ hash: upperHex(hash), parts: { total: partsTotal, hash: upperHex(partsHash) } });

/** What CometBFT v0.40.0 answers to `commit`, with a validator that voted for nothing. */
function commitJson({ header, commit }: SignedBlock, silent: number | undefined) {
  const blockId = blockIdJson({ hash: hashHeader(header), partsTotal: commit.partsTotal, partsHash: commit.partsHash });
  const signatures = commit.signatures.map(({ validator, time, signature }) =>
    validator === silent
      ? { block_id_flag: 1, validator_address: "", timestamp: "0001-01-01T00:00:00Z", signature: null }
      : { block_id_flag: 2, validator_address: "00", timestamp: formatTimestamp(time), signature: toBase64(signature) },
  );
  return {
    signed_header: { header: headerJson(header), commit: { height: String(header.height), round: commit.round, block_id: blockId, signatures } },
    canonical: true,
  };
}

function headerJson(header: SignedBlock["header"]) {
  return {
    version: { block: String(header.blockVersion) },
    chain_id: header.chainId,
    height: String(header.height),
    time: formatTimestamp(header.time),
    last_block_id: blockIdJson(header.lastBlockId),
    last_commit_hash: upperHex(header.lastCommitHash),
    data_hash: upperHex(header.dataHash),
    validators_hash: upperHex(header.validatorsHash),
    next_validators_hash: upperHex(header.nextValidatorsHash),
    consensus_hash: upperHex(header.consensusHash),
    app_hash: upperHex(header.appHash),
    last_results_hash: upperHex(header.lastResultsHash),
    evidence_hash: upperHex(header.evidenceHash),
    proposer_address: upperHex(header.proposerAddress),
  };
}

/** A node's RPC over a chain made here, two validators a page. */
function nodeOf(chain: BuiltChain, input: StoreInput, silent?: number): RpcCall {
  const blockAt = (height: unknown) => chain.blocks[Number(height) - 1] as SignedBlock;
  return async (method, params) => {
    if (method === "status") return { sync_info: { latest_block_height: String(chain.blocks.length) } };
    if (method === "commit") return commitJson(blockAt(params["height"]), silent);
    if (method === "validators") {
      const { validators } = blockAt(params["height"]);
      const shown = validators.slice(2 * (Number(params["page"]) - 1), 2 * Number(params["page"]));
      const list = shown.map(({ publicKey, power }) => ({
        address: upperHex(validatorAddress(publicKey)),
        pub_key: { type: "tendermint/PubKeyEd25519", value: toBase64(publicKey) },
        voting_power: String(power),
      }));
      return { block_height: params["height"], validators: list, count: String(list.length), total: String(validators.length) };
    }
    if (method !== "abci_query" || params["path"] !== "/store/rollup/key") throw new Error(`unexpected ${method} ${JSON.stringify(params)}`);
    if (params["data"] !== input.key) return { response: { code: 0, key: "", value: null, height: params["height"] } };
    const ops = input.operations.map((data) => ({ type: "ics23", key: "", data: toBase64(fromHex(data)) }));
    return { response: { code: 0, value: toBase64(fromHex(input.value)), proofOps: { ops }, height: params["height"] } };
  };
}

function chainOf(validatorsAt: (height: number) => NamedPowers): BuiltChain {
  return buildChain({ chainId: "lamina-test-1", heights: 6, validatorsAt, appHashAt: () => fromHex(proof?.appHash ?? "") });
}

describe("a node's answers", () => {
  const four = { a: 10, b: 10, c: 10, d: 10 };
  const claim = { store: "rollup", key: fromHex(proof.key) };

  test("become a proof that verifies from the checkpoint", async () => {
    const prover = new ChainProver(
      nodeOf(
        chainOf(() => four),
        proof,
        1,
      ),
    );
    const checkpoint = await prover.checkpoint(2n, 3600n);
    expect(await prover.latestHeight()).toBe(6n);
    const proved = await prover.prove(checkpoint, "rollup", claim.key, 5n);
    if (proved === undefined) throw new Error("the store holds the key");
    const verdict = verifyTrustPath(checkpoint, proved.chain.path, now);
    if (verdict.kind === "refused") throw new Error(verdict.reason);
    expect(verdict.header.height).toBe(6n);
    expect(storeProofProblem({ ...claim, appHash: verdict.header.appHash, value: proved.value }, proved.chain.storeProof)).toBeUndefined();
    expect(proved.chain.path[0]?.commit.signatures.map(({ validator }) => validator)).toEqual([0, 2, 3]);
  });

  test("of a key that is not there prove nothing", async () => {
    const prover = new ChainProver(
      nodeOf(
        chainOf(() => four),
        proof,
      ),
    );
    expect(await prover.prove(await prover.checkpoint(2n, 3600n), "rollup", seededDigest("no such key"), 5n)).toBeUndefined();
  });

  test("that do not belong together are refused", async () => {
    const honest = nodeOf(
      chainOf(() => four),
      proof,
    );
    const lying: RpcCall = async (method, params) => {
      const answer = (await honest(method, params)) as { signed_header: { header: Record<string, unknown> } };
      if (method === "commit") answer.signed_header.header["app_hash"] = "AB".repeat(32);
      return answer;
    };
    await expect(new ChainProver(lying).signedBlock(3n)).rejects.toThrow("commit.block_id.hash must be");
  });

  test.each<[string, (answer: Record<string, unknown>) => unknown, string]>([
    ["no object", () => [], "commit must be an object"],
    [
      "no header",
      () => ({ signed_header: { commit: { block_id: { parts: {} }, signatures: [] } } }),
      "commit.signed_header.header must be an object",
    ],
    ["no signatures", () => ({ signed_header: { commit: { block_id: { parts: {} } } } }), "signatures must be a list"],
  ])("with %s are refused", async (_, spoil, expected) => {
    const honest = nodeOf(
      chainOf(() => four),
      proof,
    );
    const lying: RpcCall = async (method, params) => (method === "commit" ? spoil({}) : honest(method, params));
    await expect(new ChainProver(lying).signedBlock(3n)).rejects.toThrow(expected);
  });

  test("naming keys of another kind are refused", async () => {
    const honest = nodeOf(
      chainOf(() => four),
      proof,
    );
    const other: RpcCall = async (method, params) => {
      const answer = JSON.stringify(await honest(method, params));
      return JSON.parse(answer.replaceAll("tendermint/PubKeyEd25519", "tendermint/PubKeySecp256k1"));
    };
    await expect(new ChainProver(other).signedBlock(3n)).rejects.toThrow("tendermint/PubKeyEd25519");
  });
});
