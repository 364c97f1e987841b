import { toBinary } from "@bufbuild/protobuf";
import type { Job } from "@lamina/codec";
import { BusyError, ChildLostError, DeadlineError, RunError } from "@lamina/inference";
import { type Digest, type ModelId, type PublicKey, toHex } from "@lamina/primitives";
import { nodeEd25519Signer } from "@lamina/primitives/node";
import { bus, registry } from "@lamina/protocol";
import { SeededRng } from "@lamina/testing";
import { describe, expect, test } from "vitest";
import { makeRequest } from "../testing/make-request.ts";
import { numbers } from "../testing/test-model.ts";
import { TestWorld } from "../testing/test-world.ts";
import { type JudgeContext, judgeJob } from "./judge-job.ts";
import { Obligations } from "./obligations.ts";
import { reasonName } from "./refusal.ts";

async function refusal(world: TestWorld, fields: Partial<Job> = {}, spoil?: (message: bus.WorkRequest) => void): Promise<string> {
  const reply = await world.ask(world.request(fields, spoil));
  if (reply.case !== "refused") throw new Error(`expected a refusal, found ${reply.case}`);
  expect(reply.value.message).not.toBe("");
  return reasonName(reply.value.reason);
}

async function started(prepare: (world: TestWorld) => void = () => undefined): Promise<TestWorld> {
  const world = await TestWorld.make();
  prepare(world);
  await world.start();
  return world;
}

const other = (length: number) => new Uint8Array(length).fill(9);
const stranger = nodeEd25519Signer(new Uint8Array(32).fill(3));

describe("a signed job that would not be paid, or is not for this worker, is refused", () => {
  const cases: [string, Partial<Job>, string][] = [
    ["another worker's key", { worker: stranger.publicKey }, "wrong_worker"],
    ["a committee's key", { worker: new Uint8Array(32) as PublicKey }, "wrong_worker"],
    ["level quorum", { level: 2, param: 3 }, "level"],
    ["level zk", { level: 4 }, "level"],
    ["optimistic with a param", { param: 1 }, "level"],
    ["a model that is not served", { model: other(32) as ModelId }, "unknown_model"],
    ["a profile that the model lacks", { profile: 3 }, "bad_input"],
    ["profile 0", { profile: 0 }, "bad_input"],
    ["a price below the ask", { unitPrice: 2n }, "price"],
    ["a charge beyond 64 bits", { unitPrice: 2n ** 63n, ceiling: 2n ** 64n - 1n }, "price"],
    ["a ceiling without the signature fee", { ceiling: 7n }, "price"],
    ["a settle_by within the margin", { settleBy: 119n }, "expired"],
    ["a settle_by in the past", { settleBy: 1n }, "expired"],
    ["a settle_by beyond the horizon", { settleBy: 401n }, "expired"],
    ["a lane that does not exist", { lane: 6n }, "not_covered"],
    ["a nonce beyond the epoch's", { nonce: 1_048_576 }, "not_covered"],
    ["more than the lane holds", { unitPrice: 600_000n, ceiling: 2_000_000n }, "not_covered"],
    ["inputs of another profile", { profile: 2 }, "bad_input"],
  ];
  test.each(cases)("%s", async (_, fields, reason) => {
    const world = await started();
    expect(await refusal(world, fields)).toBe(reason);
    expect(world.service?.state().rowsUnaccepted).toBe(0);
  });

  test.each<[string, Partial<Job>]>([
    ["the ceiling to the unit", { ceiling: 8n }],
    ["the margin to the height", { settleBy: 120n }],
    ["the horizon to the height", { settleBy: 400n }],
    ["the last nonce", { nonce: 1_048_575 }],
  ])("%s is taken", async (_, fields) => {
    const world = await started();
    await world.answered(world.request(fields));
  });
});

describe("a lane that does not cover the job", () => {
  const cases: [string, (world: TestWorld) => void][] = [
    ["ends before settle_by", (world) => world.chain.addLane({ id: 5n, spenderKey: world.spender.publicKey, endHeight: 199n })],
    ["allows other models", (world) => world.chain.addLane({ id: 5n, spenderKey: world.spender.publicKey, models: [other(32)] })],
    ["allows other levels", (world) => world.chain.addLane({ id: 5n, spenderKey: world.spender.publicKey, levels: [2] })],
    ["is empty", (world) => world.chain.addLane({ id: 5n, spenderKey: world.spender.publicKey, balance: "7" })],
    [
      "is closed",
      (world) => {
        world.chain.addLane({ id: 5n, spenderKey: world.spender.publicKey }).closed = true;
      },
    ],
  ];
  test.each(cases)("%s", async (_, prepare) => {
    expect(await refusal(await started(prepare))).toBe("not_covered");
  });

  test("of which rows that the chain has not taken hold the rest", async () => {
    const world = await started((each) => each.chain.addLane({ id: 5n, spenderKey: each.spender.publicKey, balance: "17" }));
    await world.answered(world.request());
    await world.answered(world.request());
    expect(await refusal(world)).toBe("not_covered");
    // The chain takes both rows at 6 ulam, without the fee for signatures: 5 are left, and a top-up brings more.
    await world.env.advance(100);
    world.chain.accept(0n, [...world.published.flatMap(({ rows }) => rows)]);
    world.chain.addLane({ id: 5n, spenderKey: world.spender.publicKey, balance: "8" });
    world.chain.heightNow += 1n;
    await world.env.advance(300);
    await world.answered(world.request());
    expect(await refusal(world)).toBe("not_covered");
  });

  test("because another job under way took the nonce", async () => {
    const world = await started();
    world.runner.shut();
    const first = world.ask(world.request({ nonce: 77 }));
    await world.env.advance(1);
    expect(await refusal(world, { nonce: 77 })).toBe("not_covered");
    world.runner.open();
    expect((await first).case).toBe("answer");
    expect(await refusal(world, { nonce: 77 })).toBe("not_covered");
  });

  test("a nonce whose job failed can be used again", async () => {
    const world = await started();
    world.runner.failure = new RunError({ model: "sums", reason: "no" });
    expect(await refusal(world, { nonce: 77 })).toBe("execution_failed");
    world.runner.failure = undefined;
    await world.answered(world.request({ nonce: 77 }));
  });
});

describe("a request that nobody honest sends", () => {
  const cases: [string, (message: bus.WorkRequest) => void, string][] = [
    ["a job of 139 bytes", (message) => void (message.job = message.job.slice(1)), "malformed"],
    ["a job of 141 bytes", (message) => void (message.job = Uint8Array.of(...message.job, 0)), "malformed"],
    ["no job", (message) => void (message.job = new Uint8Array()), "malformed"],
    ["a signature of 63 bytes", (message) => void (message.jobSignature = message.jobSignature.slice(1)), "malformed"],
    ["a salt of 31 bytes", (message) => void (message.salt = message.salt.slice(1)), "malformed"],
    ["parameters", (message) => void (message.parameters = Uint8Array.of(0, 1, 1, 65, 0, 0)), "malformed"],
    ["no parameters at all", (message) => void (message.parameters = new Uint8Array()), "malformed"],
    ["a reference of 257 bytes", (message) => void (message.reference = other(257)), "malformed"],
    ["no items", (message) => void (message.items = []), "malformed"],
    ["an item too many", (message) => void message.items.push(message.items[0] as bus.Item), "malformed"],
    ["an item without tensors", (message) => void ((message.items[0] as bus.Item).tensors = []), "bad_input"],
    ["a tensor of no type", (message) => void (tensorOf(message).type = 8), "bad_input"],
    ["a tensor larger than its data", (message) => void (tensorOf(message).dims = [1, 2_147_483_647]), "bad_input"],
    ["a tensor of rank 9", (message) => void (tensorOf(message).dims = [1, 1, 1, 1, 1, 1, 1, 1, 2]), "bad_input"],
    ["another signature", (message) => void (message.jobSignature[3] = (message.jobSignature[3] ?? 0) ^ 1), "bad_signature"],
    ["another salt", (message) => void (message.salt[0] = (message.salt[0] ?? 0) ^ 1), "bad_input"],
    ["another reference", (message) => void (message.reference = other(3)), "bad_input"],
    ["other inputs", (message) => void (tensorOf(message).data[0] = (tensorOf(message).data[0] ?? 0) ^ 1), "bad_input"],
    ["a job altered after signing", (message) => void (message.job[139] = (message.job[139] ?? 0) ^ 1), "bad_signature"],
  ];
  test.each(cases)("%s", async (_, spoil, reason) => {
    const world = await started();
    expect(await refusal(world, {}, spoil)).toBe(reason);
  });

  test("numbers that are not finite", async () => {
    const world = await started();
    const made = world.request();
    const terms = { chainId: world.chain.chainId, spender: world.spender, job: made.job, items: [numbers(Number.NaN, 1)] };
    const reply = await world.ask(makeRequest(terms, world.rng));
    expect(reply.case === "refused" && reasonName(reply.value.reason)).toBe("bad_input");
  });

  test("a job signed by a stranger, or for another chain", async () => {
    const world = await started();
    const made = world.request();
    const honest = { chainId: world.chain.chainId, spender: world.spender, job: made.job, items: [numbers(1, 2)] };
    for (const terms of [
      { ...honest, spender: stranger },
      { ...honest, chainId: "lamina-test-2" as typeof honest.chainId },
    ]) {
      const reply = await world.ask(makeRequest(terms, world.rng));
      expect(reply.case === "refused" && reasonName(reply.value.reason)).toBe("bad_signature");
    }
  });

  test("garbage, huge and cut-off messages get an answer and leave the worker at work", async () => {
    const world = await started();
    const rng = new SeededRng(9);
    const valid = world.request().payload;
    const cut = Array.from({ length: 60 }, () => valid.slice(0, rng.below(valid.length)));
    const flipped = Array.from({ length: 200 }, () => {
      const bytes = valid.slice();
      bytes[rng.below(bytes.length)] = rng.below(256);
      return bytes;
    });
    const garbage = Array.from({ length: 100 }, () => rng.bytes(rng.below(2_000)));
    for (const payload of [new Uint8Array(), new Uint8Array(700_000).fill(255), ...cut, ...flipped, ...garbage]) {
      const reply = await world.ask(payload);
      // A byte flipped in the deadline, or to itself, spoils nothing: the job is done, once.
      if (reply.case !== "answer") expect(reply.case).toBe("refused");
    }
    expect(world.service?.state().rowsUnaccepted).toBeLessThanOrEqual(1);
    await world.answered(world.request());
    expect(world.logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  });
});

function contextOf(world: TestWorld, outputBytesMax: number): JudgeContext {
  const spender = world.spender.publicKey;
  const lane = { id: 5n, spender, balance: 10_000_000n, endHeight: 100_000n, isClosed: false, levels: [1], models: undefined };
  const asks = new Map([[toHex(world.model.modelId), 3n]]);
  const operator = { id: 7n, account: "", region: "", idleBecause: undefined, exposureMax: 10_000_000n, openValue: 0n, asks };
  const rules = { signatureFee: 2n, exposureBps: 5_000n, challengeWindow: 10n, batchRowsMax: 1, batchBytesMax: 1 };
  const horizon = { settleByHorizon: 300n, epochHeights: 600n, noncesPerEpoch: 1_000n };
  const accepted = { count: 0n, head: new Uint8Array(32) as Digest };
  const facts = { height: 100n, readAtMs: 0, incarnation: 0, accepted, operator, rules: { ...rules, ...horizon } };
  return { worker: world.signer.publicKey, model: world.model, lane, facts, obligations: new Obligations(), settleMargin: 20n, outputBytesMax };
}

function tensorOf(message: bus.WorkRequest): bus.Tensor {
  const tensor = message.items[0]?.tensors[0];
  if (tensor === undefined) throw new Error("the request holds no tensor");
  return tensor;
}

describe("a worker that cannot take jobs says why", () => {
  test.each([
    ["jailed", registry.OperatorStatus.JAILED],
    ["paused", registry.OperatorStatus.PAUSED],
    ["unbonding", registry.OperatorStatus.UNBONDING],
  ])("%s", async (_, status) => {
    const world = await started((each) => {
      each.chain.operator.status = status;
    });
    expect(await refusal(world)).toBe("draining");
    expect(world.service?.mood).toBe("catching_up");
  });

  test("a retired key", async () => {
    const world = await started((each) => {
      each.chain.key.retiredHeight = 500n;
    });
    expect(await refusal(world)).toBe("draining");
  });

  test("a model without a price on the chain", async () => {
    const world = await started((each) => {
      each.chain.operator.offers = [];
    });
    expect(await refusal(world)).toBe("unknown_model");
  });

  test("exposure: what its bond covers is open already", async () => {
    const world = await started((each) => {
      each.chain.operator.bond = "24";
      each.chain.operator.openValue = "1";
    });
    await world.answered(world.request());
    expect(await refusal(world)).toBe("overloaded");
  });

  test("facts that are too old", async () => {
    const world = await started();
    world.chain.isReachable = false;
    await world.env.advance(31_000);
    expect(await refusal(world)).toBe("overloaded");
    expect(world.service?.mood).toBe("catching_up");
    world.chain.isReachable = true;
    await world.env.advance(1_000);
    await world.answered(world.request());
  });

  test("a lane that cannot be read now", async () => {
    const world = await started();
    world.chain.isReachable = false;
    expect(await refusal(world)).toBe("overloaded");
  });

  test("too many jobs, too many bytes, too full a disk", async () => {
    for (const limit of [{ jobsMax: 1 }, { jobBytesMax: 1 }]) {
      const world = await TestWorld.make();
      await world.start(limit);
      world.runner.shut();
      const first = world.ask(world.request());
      await world.env.advance(1);
      expect(await refusal(world)).toBe("overloaded");
      world.runner.open();
      expect((await first).case).toBe("answer");
    }
    const world = await TestWorld.make();
    await world.start({ journalBytesMax: 200 });
    await world.answered(world.request());
    expect(await refusal(world)).toBe("overloaded");
  });

  test("a model whose manifest does not allow the level", async () => {
    const world = await TestWorld.make();
    await world.start();
    const context = contextOf(world, 1_000);
    const judged = judgeJob(world.request().job, { ...context, model: { ...world.model, levels: [2, 4] } });
    expect(judged.kind === "refused" && reasonName(judged.reason)).toBe("level");
  });

  test("outputs that no answer could carry", async () => {
    const world = await TestWorld.make();
    await world.start();
    // Each item's outputs take 136 bytes at most; the bus carries 16 MiB.
    const made = world.request();
    const order = { ...made.job, items: 65_535, ceiling: 10_000_000n };
    const few = judgeJob(order, contextOf(world, 136 * 65_535));
    const many = judgeJob(order, contextOf(world, 136 * 65_535 - 1));
    expect([few.kind, many.kind]).toEqual(["judged", "refused"]);
  });

  test.each([
    ["overloaded", new BusyError({ model: "sums", reason: "full" })],
    ["deadline", new DeadlineError({ model: "sums", budgetMs: 1, phase: "waiting" })],
    ["execution_failed", new ChildLostError({ model: "sums", reason: "gone" })],
  ])("%s, when the model says so", async (reason, failure) => {
    const world = await started();
    world.runner.failure = failure;
    expect(await refusal(world)).toBe(reason);
    expect(world.service?.state().rowsUnaccepted).toBe(0);
  });
});

describe("a repeated job", () => {
  test("gets its stored result, to the byte, and no second row", async () => {
    const world = await started();
    const made = Array.from({ length: 40 }, () => world.request());
    const answers = await Promise.all(made.map((each) => world.answered(each)));
    const runs = world.runner.runs;
    for (const [at, each] of made.entries()) expect(await world.answered(each)).toEqual(answers[at]);
    expect(world.runner.runs).toBe(runs);
    expect(world.service?.state().rowsUnaccepted).toBe(40);
  });

  test("waits for the one under way", async () => {
    const world = await started();
    world.runner.shut();
    const made = world.request();
    const asked = [world.answered(made), world.answered(made), world.answered(made)];
    await world.env.advance(1);
    world.runner.open();
    const [first, ...others] = await Promise.all(asked);
    for (const each of others) expect(each).toEqual(first);
    expect(world.runner.runs).toBe(1);
  });

  test("is answered while draining and past the margin, but to nobody who does not hold its private part", async () => {
    const world = await started();
    const made = world.request();
    const first = await world.answered(made);
    world.chain.heightNow = 198n;
    world.chain.operator.status = registry.OperatorStatus.PAUSED;
    await world.env.advance(1_000);
    expect(await world.answered(made)).toEqual(first);
    const guess = { ...made.message, salt: other(32) };
    const reply = await world.ask(toBinary(bus.WorkRequestSchema, guess));
    expect(reply.case === "refused" && reasonName(reply.value.reason)).toBe("bad_input");
  });
});

describe("work that nobody waits for", () => {
  test("is given up before its row is made, and earns nothing", async () => {
    const world = await started();
    world.runner.shut();
    const controller = new AbortController();
    const asked = world.ask(world.request(), controller.signal);
    await world.env.advance(1);
    controller.abort(new Error("gone"));
    await expect(asked).rejects.toThrow("gone");
    await world.env.advance(1);
    world.runner.open();
    await world.env.advance(10);
    expect(world.service?.state()).toMatchObject({ rowsUnaccepted: 0, jobsUnderWay: 0 });
    expect(world.published).toEqual([]);
  });

  test("goes on while one who asked is left", async () => {
    const world = await started();
    world.runner.shut();
    const made = world.request();
    const controller = new AbortController();
    const gone = world.ask(made, controller.signal);
    const stays = world.answered(made);
    await world.env.advance(1);
    controller.abort(new Error("gone"));
    await expect(gone).rejects.toThrow("gone");
    await world.env.advance(1);
    world.runner.open();
    expect((await stays).row).toHaveLength(202);
  });

  test("ends at the requester's deadline", async () => {
    const world = await started();
    world.runner.shut();
    const asked = expect(world.ask(world.request())).rejects.toMatchObject({ code: "DEADLINE" });
    await world.env.advance(6_000);
    await asked;
    world.runner.open();
    await world.env.advance(10);
    expect(world.service?.state().rowsUnaccepted).toBe(0);
  });
});

test("nothing of a request is logged but ids and reasons (I31)", async () => {
  const world = await started();
  const made = world.request({}, (message) => void (message.reference = new TextEncoder().encode("canary-reference")));
  await world.ask(made);
  await world.answered(world.request());
  const text = JSON.stringify(world.logger.lines);
  expect(text).not.toContain("canary");
  expect(text).not.toContain(Buffer.from(made.salt).toString("hex"));
});
