import type { Checkpoint } from "../checkpoint.ts";
import { chooseSteps } from "../choose-steps.ts";
import type { SignedBlock } from "../commit.ts";
import { type Header, hashHeader } from "../header.ts";
import type { LightBlock } from "../light-block.ts";
import { compareValidators, hashValidatorSet, type ValidatorSet, validatorAddress } from "../validator-set.ts";
import { precommitSignBytes } from "../vote.ts";
import { seededDigest, seededSigner } from "./seeded-key.ts";

/** Validators by name, each with its power; their keys follow from the names. */
export type NamedPowers = Readonly<Record<string, number>>;

export interface ChainPlan {
  readonly chainId: string;
  readonly heights: number;
  readonly validatorsAt: (height: number) => NamedPowers;
  readonly appHashAt: (height: number) => Uint8Array;
}

/** A chain of signed blocks from height 1, one second apart, made in TypeScript alone. */
export interface BuiltChain {
  readonly blocks: readonly SignedBlock[];
  checkpointAt(height: number, trustingPeriodSeconds?: bigint): Checkpoint;
  pathTo(checkpoint: Checkpoint, height: number): Promise<readonly LightBlock[]>;
}

/** Time of height 0, in seconds. */
export const chainStartSeconds = 1_800_000_000n;

export function buildChain(plan: ChainPlan): BuiltChain {
  const blocks: SignedBlock[] = [];
  for (let height = 1; height <= plan.heights; height += 1) blocks.push(signedBlock(plan, height, blocks.at(-1)));
  const blockAt = (height: number): SignedBlock => {
    const block = blocks[height - 1];
    if (block === undefined) throw new RangeError(`the chain has ${blocks.length} blocks, asked for ${height}`);
    return block;
  };
  return {
    blocks,
    checkpointAt: (height, trustingPeriodSeconds = 86_400n) => {
      const { header } = blockAt(height);
      const { chainId, nextValidatorsHash, time } = header;
      return { chainId, height: header.height, headerHash: hashHeader(header), nextValidatorsHash, time, trustingPeriodSeconds };
    },
    pathTo: async (checkpoint, height) => {
      const steps = await chooseSteps(checkpoint, BigInt(height), { signedBlock: async (at) => blockAt(Number(at)) });
      if (steps.kind === "refused") throw new Error(steps.reason);
      return steps.path;
    },
  };
}

function signedBlock(plan: ChainPlan, height: number, previous: SignedBlock | undefined): SignedBlock {
  const { chainId } = plan;
  const powers = plan.validatorsAt(height);
  const validators = validatorSetOf(powers);
  const partsHash = seededDigest("parts", chainId, height);
  const hash = (name: string) => seededDigest(name, chainId, height);
  const header: Header = {
    blockVersion: 11n,
    appVersion: 0n,
    chainId,
    height: BigInt(height),
    time: { seconds: chainStartSeconds + BigInt(height), nanos: 123_456_789 },
    lastBlockId: {
      hash: previous === undefined ? new Uint8Array(32) : hashHeader(previous.header),
      partsTotal: 1,
      partsHash: seededDigest("parts", chainId, height - 1),
    },
    lastCommitHash: hash("commit"),
    dataHash: hash("data"),
    validatorsHash: hashValidatorSet(validators),
    nextValidatorsHash: hashValidatorSet(validatorSetOf(plan.validatorsAt(height + 1))),
    consensusHash: hash("consensus"),
    appHash: plan.appHashAt(height),
    lastResultsHash: hash("results"),
    evidenceHash: hash("evidence"),
    proposerAddress: validatorAddress(validators[0]?.publicKey ?? new Uint8Array()),
  };
  const blockId = { hash: hashHeader(header), partsTotal: 1, partsHash };
  const signers = new Map(Object.keys(powers).map((name) => [seededSigner(name).publicKey.join(), seededSigner(name)]));
  const signatures = validators.map(({ publicKey }, validator) => {
    const time = { seconds: header.time.seconds, nanos: 500_000_000 + validator };
    const signer = signers.get(publicKey.join());
    if (signer === undefined) throw new Error("a validator has no signer");
    return { validator, time, signature: signer.sign(precommitSignBytes({ chainId, height: header.height, round: 0, blockId, time })) };
  });
  return { header, validators, commit: { round: 0, partsTotal: 1, partsHash, signatures } };
}

function validatorSetOf(powers: NamedPowers): ValidatorSet {
  return Object.entries(powers)
    .map(([name, power]) => ({ publicKey: seededSigner(name).publicKey, power: BigInt(power) }))
    .sort(compareValidators);
}
