import { create, toBinary } from "@bufbuild/protobuf";
import { cancelBytes, strictVerifier } from "@lamina/codec";
import { cancelJobSubject } from "@lamina/messaging";
import { type ChainId, type JobId, type PublicKey, toHex } from "@lamina/primitives";
import { type NodeSigner, nodeEd25519Signer, nodeEd25519Verify } from "@lamina/primitives/node";
import { bus } from "@lamina/protocol";
import { describe, expect, test } from "vitest";
import type { MadeRequest } from "../testing/make-request.ts";
import { CHAIN, TestWorld } from "../testing/test-world.ts";
import { Cancellations, readCancel } from "./cancellations.ts";
import { reasonName } from "./refusal.ts";

const stranger = nodeEd25519Signer(new Uint8Array(32).fill(3));

interface Spoil {
  readonly signer?: NodeSigner;
  readonly chainId?: ChainId;
  readonly signedSettleBy?: bigint;
  readonly settleBy?: bigint;
  readonly signedJobId?: JobId;
}

/** A cancellation of a job, by the world's spender and right in all but what `spoil` says. */
function cancelOf(world: TestWorld, { job, jobId }: MadeRequest, spoil: Spoil = {}): Uint8Array {
  const signer = spoil.signer ?? world.spender;
  const settleBy = spoil.settleBy ?? job.settleBy;
  const statement = cancelBytes(spoil.chainId ?? CHAIN, spoil.signedJobId ?? jobId, spoil.signedSettleBy ?? settleBy);
  return toBinary(bus.CancelRequestSchema, create(bus.CancelRequestSchema, { jobId, settleBy, signature: signer.sign(statement) }));
}

async function started(): Promise<{ world: TestWorld; send: (payload: Uint8Array) => Promise<void> }> {
  const world = await TestWorld.make();
  await world.start();
  const send = async (payload: Uint8Array) => {
    world.gateway.notify(cancelJobSubject(world.workerId), payload);
    await world.env.advance(1);
  };
  return { world, send };
}

const outcome = async (world: TestWorld, made: MadeRequest) => {
  const { case: kind, value } = await world.ask(made);
  return kind === "refused" ? reasonName(value.reason) : kind;
};

describe("a job that its spender takes back", () => {
  test("ends without a row while it waits to be run, whoever waits for it, and is not begun again", async () => {
    const { world, send } = await started();
    world.runner.shut();
    const made = world.request({ nonce: 77 });
    const outcomes = [outcome(world, made), outcome(world, made)];
    await world.env.advance(1);
    await send(cancelOf(world, made));
    world.runner.open();
    expect(await Promise.all(outcomes)).toEqual(["cancelled", "cancelled"]);
    expect([await outcome(world, made), world.runner.runs]).toEqual(["cancelled", 1]);
    expect(world.service?.state()).toMatchObject({ rowsUnaccepted: 0, jobsUnderWay: 0 });
    // Its promise on the lane is free again, the nonce too.
    await world.answered(world.request({ nonce: 77 }));
  });

  test("is not begun where the cancellation came before it, also beside forged ones", async () => {
    const { world, send } = await started();
    const made = world.request();
    await send(cancelOf(world, made, { signer: stranger }));
    await send(cancelOf(world, made));
    await send(cancelOf(world, made, { signer: stranger }));
    expect([await outcome(world, made), world.runner.runs]).toEqual(["cancelled", 0]);
  });

  test("keeps a row that stands in the log already", async () => {
    const { world, send } = await started();
    const made = world.request();
    const first = await world.answered(made);
    await send(cancelOf(world, made));
    expect(await world.answered(made)).toEqual(first);
  });

  test("is forgotten once it could not be paid any more", async () => {
    const { world, send } = await started();
    const made = world.request();
    await send(cancelOf(world, made));
    expect(await outcome(world, made)).toBe("cancelled");
    world.chain.heightNow = made.job.settleBy + 1n;
    await world.env.advance(1_000);
    expect(await outcome(world, made)).toBe("expired");
  });
});

describe("what is not the spender's word changes nothing", () => {
  const cases: [string, (world: TestWorld, made: MadeRequest) => Uint8Array][] = [
    ["a stranger's signature", (world, made) => cancelOf(world, made, { signer: stranger })],
    ["the worker's own signature", (world, made) => cancelOf(world, made, { signer: world.signer })],
    ["a signature for another chain (I32)", (world, made) => cancelOf(world, made, { chainId: "lamina-other-1" as ChainId })],
    ["a signature for another job", (world, made) => cancelOf(world, made, { signedJobId: world.request().jobId })],
    ["a signature for another expiry", (world, made) => cancelOf(world, made, { signedSettleBy: made.job.settleBy + 1n })],
    ["another expiry than the job's", (world, made) => cancelOf(world, made, { settleBy: made.job.settleBy + 1n })],
    ["the job's own signature", (_, { jobId, job, message }) => encode({ jobId, settleBy: job.settleBy, signature: message.jobSignature })],
    ["half a signature", (_, { jobId, job }) => encode({ jobId, settleBy: job.settleBy, signature: new Uint8Array(32) })],
    ["an id of 31 bytes", (_, { jobId, job }) => encode({ jobId: jobId.slice(1), settleBy: job.settleBy, signature: new Uint8Array(64) })],
    ["garbage", () => new Uint8Array(200).fill(255)],
    ["nothing", () => new Uint8Array()],
  ];
  test.each(cases)("%s", async (_, forge) => {
    const { world, send } = await started();
    const early = world.request();
    await send(forge(world, early));
    expect(await outcome(world, early)).toBe("answer");
    world.runner.shut();
    const made = world.request();
    const asked = outcome(world, made);
    await world.env.advance(1);
    await send(forge(world, made));
    world.runner.open();
    expect(await asked).toBe("answer");
  });
});

test("a flood of claims holds a bounded number, and the spender's newest word counts", async () => {
  const cancellations = new Cancellations({ chainId: CHAIN }, { verify: strictVerifier(nodeEd25519Verify) });
  const spender = nodeEd25519Signer(new Uint8Array(32).fill(2));
  const claim = (at: number, signer: NodeSigner) => {
    const jobId = new Uint8Array(32);
    new DataView(jobId.buffer).setUint32(0, at);
    const signature = signer.sign(cancelBytes(CHAIN, jobId as JobId, 9n));
    const read = readCancel(encode({ jobId, settleBy: 9n, signature }));
    if (read === undefined) throw new Error("expected a claim");
    return read;
  };
  for (let at = 0; at < 1_030; at++) cancellations.wait(claim(at, stranger));
  expect([5, 6, 1_029].map((at) => cancellations.isClaimed(claim(at, stranger).jobKey))).toEqual([false, true, true]);
  for (let again = 0; again < 10; again++) cancellations.wait(claim(7, stranger));
  cancellations.wait(claim(7, spender));
  const { jobKey } = claim(7, spender);
  await cancellations.settle(jobKey, spender.publicKey as PublicKey, 9n);
  expect([cancellations.has(jobKey), cancellations.isClaimed(jobKey), toHex(claim(7, spender).jobId)]).toEqual([true, false, jobKey]);
});

function encode(fields: { jobId: Uint8Array; settleBy: bigint; signature: Uint8Array }): Uint8Array {
  return toBinary(bus.CancelRequestSchema, create(bus.CancelRequestSchema, fields));
}
