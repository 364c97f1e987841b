import { ByteReader, ByteWriter, fromHex, toHex } from "@lamina/primitives";
import { loadVectors } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import type { Checkpoint } from "./checkpoint.ts";
import { chooseSteps } from "./choose-steps.ts";
import type { SignedBlock } from "./commit.ts";
import { hashHeader } from "./header.ts";
import { type LightBlock, readLightBlock, writeLightBlock } from "./light-block.ts";
import { buildChain, chainStartSeconds, type NamedPowers } from "./testing/index.ts";
import { nativeVerifySignature } from "./testing/native-verify.ts";
import { type BlockShape, blockOf } from "./testing/vector-shapes.ts";
import { formatTimestamp, parseTimestamp, type Timestamp } from "./timestamp.ts";
import { verifyTrustPath } from "./trust-path.ts";

interface ChainInput {
  trustingPeriodSeconds: string;
  now: string;
  blocks: BlockShape[];
}

interface ChainOutput {
  hashes: string[];
  steps: { from: string; to: string; trusts: boolean }[];
}

const vectors = loadVectors<ChainInput, ChainOutput>("light-client/chains");

interface Chain {
  blocks: SignedBlock[];
  now: Timestamp;
  trustingPeriodSeconds: bigint;
}

function chainOf(input: ChainInput): Chain {
  return { blocks: input.blocks.map(blockOf), now: parseTimestamp(input.now), trustingPeriodSeconds: BigInt(input.trustingPeriodSeconds) };
}

function namedChain(name: string): Chain {
  const found = vectors.find((vector) => vector.name === name);
  if (found === undefined) throw new Error(`no chain ${name}`);
  return chainOf(found.input);
}

function blockAt(chain: Chain, height: number): SignedBlock {
  const block = chain.blocks[height - 1];
  if (block === undefined) throw new Error(`the chain has ${chain.blocks.length} blocks, asked for ${height}`);
  return block;
}

function checkpointAt(chain: Chain, height: number): Checkpoint {
  const { header } = blockAt(chain, height);
  const { chainId, time, nextValidatorsHash } = header;
  return {
    chainId,
    height: header.height,
    headerHash: hashHeader(header),
    nextValidatorsHash,
    time,
    trustingPeriodSeconds: chain.trustingPeriodSeconds,
  };
}

async function pathTo(chain: Chain, from: number, to: number): Promise<readonly LightBlock[]> {
  const steps = await chooseSteps(checkpointAt(chain, from), BigInt(to), { signedBlock: async (height) => blockAt(chain, Number(height)) });
  if (steps.kind === "refused") throw new Error(steps.reason);
  return steps.path;
}

function encode(path: readonly LightBlock[]): Uint8Array {
  const writer = new ByteWriter();
  for (const block of path) writeLightBlock(writer, block);
  return writer.finish();
}

function decode(bytes: Uint8Array, count: number, chainId: string): LightBlock[] {
  const reader = new ByteReader(bytes);
  const path = Array.from({ length: count }, () => readLightBlock(reader, chainId));
  reader.expectEnd();
  return path;
}

describe.each(vectors)("$name", ({ input, expected }) => {
  const chain = chainOf(input);

  test("headers hash as CometBFT hashes them", () => {
    expect(chain.blocks.map(({ header }) => toHex(hashHeader(header)))).toEqual(expected?.hashes);
  });

  test("every later block is reached, in one step exactly where CometBFT takes one", async () => {
    for (const { from, to, trusts } of expected?.steps ?? []) {
      const checkpoint = checkpointAt(chain, Number(from));
      const path = await pathTo(chain, Number(from), Number(to));
      expect({ from, to, oneStep: path.length === 1 }).toEqual({ from, to, oneStep: trusts });
      expect(verifyTrustPath(checkpoint, path, chain.now)).toMatchObject({ kind: "trusted", header: { height: BigInt(to) } });
      const encoded = encode(path);
      expect(decode(encoded, path.length, checkpoint.chainId)).toEqual(path);
      const skipped = path.slice(-1);
      if (path.length > 1) expect(verifyTrustPath(checkpoint, skipped, chain.now).kind).toBe("refused");
    }
  });
});

describe.each(["one validator", "four validators, one silent in turn", "one of four replaced every other height"])("bit flips: %s", (name) => {
  test("no flipped bit of a path is accepted", async () => {
    const chain = namedChain(name);
    const checkpoint = checkpointAt(chain, 1);
    const path = await pathTo(chain, 1, chain.blocks.length);
    const encoded = encode(path);
    const stride = name === "one validator" ? 1 : 97;
    for (let bit = 0; bit < encoded.length * 8; bit += stride) {
      const flipped = encoded.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect({ bit, accepted: accepts(checkpoint, flipped, path.length, chain.now) }).toEqual({ bit, accepted: false });
    }
  });
});

function accepts(checkpoint: Checkpoint, bytes: Uint8Array, count: number, now: Timestamp): boolean {
  try {
    return verifyTrustPath(checkpoint, decode(bytes, count, checkpoint.chainId), now, nativeVerifySignature).kind === "trusted";
  } catch (error) {
    expect(error).toMatchObject({ code: "DECODE_FAILED" });
    return false;
  }
}

describe("a path is refused", () => {
  const chain = namedChain("four validators");
  const checkpoint = checkpointAt(chain, 1);
  const later = (time: Timestamp, seconds: bigint): Timestamp => ({ ...time, seconds: time.seconds + seconds });
  const reasonOf = (verdict: ReturnType<typeof verifyTrustPath>) => (verdict.kind === "refused" ? verdict.reason : "trusted");
  const spoilt = async (change: (block: LightBlock) => LightBlock) =>
    reasonOf(verifyTrustPath(checkpoint, (await pathTo(chain, 1, 3)).map(change), chain.now));

  test("when it is empty", () => {
    expect(reasonOf(verifyTrustPath(checkpoint, [], chain.now))).toBe("the trust path is empty");
  });

  test("at and after the end of the trusting period, not before", async () => {
    const path = await pathTo(chain, 1, 3);
    const end = later(checkpoint.time, checkpoint.trustingPeriodSeconds);
    expect(reasonOf(verifyTrustPath(checkpoint, path, end))).toContain("may be used for 3600 s");
    expect(verifyTrustPath(checkpoint, path, { seconds: end.seconds - 1n, nanos: 999_999_999 }).kind).toBe("trusted");
  });

  test("when a header is ten seconds ahead of the reader's clock", async () => {
    const path = await pathTo(chain, 1, 3);
    const { time } = blockAt(chain, 3).header;
    expect(reasonOf(verifyTrustPath(checkpoint, path, later(time, -10n)))).toContain("ahead of now");
    expect(verifyTrustPath(checkpoint, path, later(time, -9n)).kind).toBe("trusted");
  });

  test("when it starts at or below the checkpoint", async () => {
    const path = await pathTo(chain, 1, 3);
    expect(reasonOf(verifyTrustPath(checkpointAt(chain, 3), path, chain.now))).toBe("height 3: must be above the trusted height 3");
    expect(reasonOf(verifyTrustPath(checkpointAt(chain, 4), path, chain.now))).toBe("height 3: must be above the trusted height 4");
  });

  test("when it is of another chain", async () => {
    const path = await pathTo(chain, 1, 3);
    expect(reasonOf(verifyTrustPath({ ...checkpoint, chainId: "other-1" }, path, chain.now))).toContain(
      "expected chain other-1, found lamina-test-1",
    );
  });

  test("when the direct successor does not name the checkpoint's block", async () => {
    const path = await pathTo(chain, 1, 2);
    expect(reasonOf(verifyTrustPath({ ...checkpoint, headerHash: new Uint8Array(32) }, path, chain.now))).toContain("expected the block before");
  });

  test("when a stranger's validators signed it", async () => {
    const foreign = namedChain("whole set replaced at height 5");
    const path = await pathTo(foreign, 5, 8);
    expect(reasonOf(verifyTrustPath(checkpoint, path, foreign.now))).toContain("the trusted set must be named as carried, found own");
    const [first] = path;
    if (first === undefined) throw new Error("the path has a block");
    const dressed: LightBlock = { ...first, trusted: { kind: "carried", validators: blockAt(chain, 1).validators } };
    expect(reasonOf(verifyTrustPath(checkpoint, [dressed], foreign.now))).toContain("more than one third of trusted power 40 must sign, found 0");
  });

  test("when a signature is missing, spare or not its validator's", async () => {
    const full = blockAt(chain, 3);
    expect(await spoilt((block) => ({ ...block, commit: { ...block.commit, signatures: block.commit.signatures.slice(1) } }))).toContain(
      "more than two thirds of power 40 must sign, found 20",
    );
    expect(await spoilt((block) => ({ ...block, commit: full.commit }))).toContain("the commit must be minimal");
    const exchanged = full.commit.signatures
      .slice(0, 3)
      .map((signature, at, all) => ({ ...(all[(at + 1) % 3] ?? signature), validator: signature.validator }));
    expect(await spoilt((block) => ({ ...block, commit: { ...block.commit, signatures: exchanged } }))).toContain("does not verify");
    const repeated = full.commit.signatures.slice(0, 1);
    expect(await spoilt((block) => ({ ...block, commit: { ...block.commit, signatures: [...repeated, ...repeated, ...repeated] } }))).toContain(
      "must ascend",
    );
  });

  test("when the header is another than its validators' or of another protocol", async () => {
    expect(await spoilt((block) => ({ ...block, header: { ...block.header, validatorsHash: new Uint8Array(32) } }))).toContain(
      "expected validators 0000",
    );
    expect(await spoilt((block) => ({ ...block, header: { ...block.header, blockVersion: 12n } }))).toContain("expected block protocol 11, found 12");
    expect(await spoilt((block) => ({ ...block, header: { ...block.header, time: checkpoint.time } }))).toContain(
      `must be after ${formatTimestamp(checkpoint.time)}`,
    );
  });
});

test("steps skip signatures that do not verify and say so when too few are left", async () => {
  const chain = namedChain("four validators");
  const target = blockAt(chain, 3);
  const broken = (count: number): SignedBlock => ({
    ...target,
    commit: {
      ...target.commit,
      signatures: target.commit.signatures.map((signature, at) => (at < count ? { ...signature, signature: fromHex("00".repeat(64)) } : signature)),
    },
  });
  const choose = (block: SignedBlock) => chooseSteps(checkpointAt(chain, 2), 3n, { signedBlock: async () => block });
  const one = await choose(broken(1));
  expect(one.kind === "chosen" && one.path[0]?.commit.signatures.map(({ validator }) => validator)).toEqual([1, 2, 3]);
  expect(await choose(broken(2))).toMatchObject({ kind: "refused" });
});

describe("exactly the bound is not enough", () => {
  const appHashAt = () => new Uint8Array(32);

  test("two of three equal validators", async () => {
    const three = buildChain({ chainId: "lamina-test-1", heights: 3, validatorsAt: () => ({ a: 10, b: 10, c: 10 }), appHashAt });
    const checkpoint = three.checkpointAt(1);
    const [block] = await three.pathTo(checkpoint, 3);
    if (block === undefined) throw new Error("the path has a block");
    expect(block.commit.signatures).toHaveLength(3);
    const two = { ...block, commit: { ...block.commit, signatures: block.commit.signatures.slice(0, 2) } };
    const now = { seconds: chainStartSeconds + 60n, nanos: 0 };
    expect(verifyTrustPath(checkpoint, [two], now)).toEqual({
      kind: "refused",
      reason: "height 3: more than two thirds of power 30 must sign, found 20",
    });
  });

  test.each([
    ["one of three", { a: 10, x: 10, y: 10 }, 2],
    ["two of three", { a: 10, b: 10, y: 10 }, 1],
  ])("%s trusted validators among the signers take %j in %i step(s)", async (_, later, steps) => {
    const validatorsAt = (height: number): NamedPowers => (height < 3 ? { a: 10, b: 10, c: 10 } : later);
    const chain = buildChain({ chainId: "lamina-test-1", heights: 3, validatorsAt, appHashAt });
    expect(await chain.pathTo(chain.checkpointAt(1), 3)).toHaveLength(steps);
  });
});
