import {
  decodeForcedRun,
  decodeRow,
  encodeRow,
  type HeadStatement,
  headAfter,
  headBytes,
  itemsCommitment,
  rowLeafHash,
  strictVerifier,
} from "@lamina/codec";
import { hashLeaf } from "@lamina/merkle";
import { resultsConsumer, resultsStream } from "@lamina/messaging";
import type { Digest } from "@lamina/primitives";
import { nodeEd25519Signer, nodeEd25519Verify } from "@lamina/primitives/node";
import type { bus } from "@lamina/protocol";
import { describe, expect, test } from "vitest";
import type { MadeRequest } from "./testing/make-request.ts";
import { CHAIN, TestWorld } from "./testing/test-world.ts";

const verify = strictVerifier(nodeEd25519Verify);
/** By then a group that waited for others has gone out. */
const GATHERED_MS = 30;

/** All that a client checks of an answer. */
function checkAnswer(world: TestWorld, made: MadeRequest, { row, previousHead, following, head, outputs }: bus.WorkAnswer): void {
  const decoded = decodeRow(row);
  expect(decoded).toMatchObject({ ...made.job, incarnation: 0 });
  const items = outputs.map(({ tensors }) => tensors.map(({ type, dims, data }) => ({ type: type as 1, dims, data })));
  expect(decoded.output).toEqual(itemsCommitment(items, "output", made.salt));
  const after = headAfter(previousHead as Digest, [hashLeaf(row), ...following]);
  expect(head?.head).toEqual(after);
  expect(head?.count).toBe(decoded.index + BigInt(following.length) + 1n);
  const log = { worker: world.signer.publicKey, level: 1, param: 0, incarnation: 0 };
  const statement = headBytes(CHAIN, { ...log, count: head?.count ?? 0n, head: after });
  expect(verify(world.signer.publicKey, statement, head?.signature ?? new Uint8Array())).toBe(true);
}

test("a job is run, logged, signed, answered and published", async () => {
  const world = await TestWorld.make();
  await world.start();
  const made = world.request({ items: 2 });
  const answer = await world.answered(made);
  checkAnswer(world, made, answer);
  expect(decodeRow(answer.row)).toMatchObject({ index: 0n, units: 4n, charge: 12n });
  await world.env.advance(GATHERED_MS);
  expect(world.published).toHaveLength(1);
  expect(world.published[0]).toMatchObject({ start: 0n, rows: [answer.row], jobSignatures: [made.message.jobSignature], head: answer.head });
  expect(world.heads).toEqual([answer.head]);
  await world.service?.drain();
});

test("many at once share fsyncs and heads, and each can be checked by itself", async () => {
  const world = await TestWorld.make();
  await world.start();
  const made = Array.from({ length: 150 }, () => world.request());
  const answers = await Promise.all(made.map((each) => world.answered(each)));
  for (const [at, answer] of answers.entries()) checkAnswer(world, made[at] as MadeRequest, answer);
  expect(new Set(answers.map(({ row }) => decodeRow(row).index)).size).toBe(150);
  expect(world.env.steps.filter((step) => step === "worker.log.synced").length).toBeLessThan(20);
  expect(Math.max(...answers.map(({ following }) => following.length))).toBeLessThan(32);
});

describe("publishing", () => {
  test("what is signed within a moment goes out as one run under its last head", async () => {
    const world = await TestWorld.make();
    await world.start();
    const answers = [];
    for (let each = 0; each < 6; each++) answers.push(await world.answered(world.request()));
    await world.env.advance(GATHERED_MS);
    const rows = answers.map(({ row }) => row);
    expect(world.published).toMatchObject([{ start: 0n, rows, head: answers.at(-1)?.head }]);
    expect(world.heads).toEqual([answers.at(-1)?.head]);
    await world.service?.drain();
  });

  test("a worker that ends sends what still waits for more", async () => {
    const world = await TestWorld.make();
    await world.start();
    const answer = await world.answered(world.request());
    expect(world.published).toEqual([]);
    await world.service?.drain();
    expect(world.published).toMatchObject([{ start: 0n, rows: [answer.row] }]);
  });

  test("goes on by itself after the bus was away, and takes heads with it", async () => {
    const world = await TestWorld.make();
    await world.start();
    const first = await world.answered(world.request());
    await world.env.advance(GATHERED_MS);
    const peer = { role: "worker", id: world.workerId } as const;
    world.runner.shut();
    const lost = world.ask(world.request()).catch(() => undefined);
    await world.env.advance(1);
    world.broker.disconnect(peer);
    world.runner.open();
    await world.env.advance(6_000);
    await lost;
    expect(world.published.flatMap(({ rows }) => rows)).toEqual([first.row]);
    world.broker.reconnect(peer);
    await world.env.advance(1_000);
    const rows = world.published.flatMap((run) => run.rows);
    expect(new Set(rows.map((row) => decodeRow(row).index))).toEqual(new Set([0n, 1n]));
  });

  test("is repeated, ever more rarely, until the chain has the rows, and then no more", async () => {
    const world = await TestWorld.make();
    await world.start();
    for (let each = 0; each < 5; each++) {
      await world.answered(world.request());
      await world.env.advance(GATHERED_MS);
    }
    expect(world.published).toHaveLength(5);
    await world.env.advance(30_000);
    // What waits for long goes out joined.
    expect(world.published).toHaveLength(6);
    expect(world.published[5]).toMatchObject({ start: 0n, rows: { length: 5 } });
    await world.env.advance(30_000);
    expect(world.published).toHaveLength(7);
    world.chain.accept(0n, world.published[6]?.rows ?? []);
    await world.env.advance(600_000);
    expect(world.published).toHaveLength(7);
    expect(world.service?.state().rowsUnaccepted).toBe(0);
  });

  test("after a restart begins with what the chain has not accepted", async () => {
    const world = await TestWorld.make();
    await world.start();
    for (let each = 0; each < 4; each++) {
      await world.answered(world.request());
      await world.env.advance(GATHERED_MS);
    }
    await world.service?.drain();
    world.chain.accept(
      0n,
      world.published.slice(0, 2).flatMap(({ rows }) => rows),
    );
    world.broker.removeStream("RESULTS");
    world.broker.addStream(resultsStream({ replicas: 1 }));
    world.broker.addConsumer(resultsConsumer("s1"));
    await world.listen();
    world.published.length = 0;
    await world.start();
    await world.env.advance(1_000);
    expect(world.published).toMatchObject([{ start: 2n, rows: { length: 2 }, head: { count: 4n } }]);
  });

  test("a stream that refuses for good is told of and tried again at the next round", async () => {
    const world = await TestWorld.make();
    world.broker.removeStream("RESULTS");
    await world.start();
    await world.answered(world.request());
    await world.env.advance(20_000);
    expect(world.logger.withMessage("a run could not be published, it is kept and tried again").length).toBeGreaterThan(0);
    world.broker.addStream(resultsStream({ replicas: 1 }));
    world.broker.addConsumer(resultsConsumer("s1"));
    await world.listen();
    await world.env.advance(60_000);
    expect(world.published.length).toBeGreaterThan(0);
  });
});

describe("a muted worker (T30)", () => {
  async function muted(): Promise<TestWorld> {
    const world = await TestWorld.make();
    world.forceInclude = async (run) => {
      world.forced.push(run);
      return BigInt(world.forced.length);
    };
    await world.start();
    return world;
  }

  test("forces its rows in once they have waited for long, in one run under their own signatures", async () => {
    const world = await muted();
    const made = [world.request(), world.request(), world.request()];
    for (const each of made) await world.answered(each);
    world.chain.heightNow += 39n;
    await world.env.advance(1_000);
    expect(world.forced).toEqual([]);
    world.chain.heightNow += 1n;
    await world.env.advance(1_000);
    expect(world.forced).toHaveLength(1);
    const forced = decodeForcedRun(world.forced[0] ?? new Uint8Array());
    expect(forced.run).toMatchObject({ start: 0n, count: 3, incarnation: 0, worker: world.signer.publicKey });
    expect(forced.referenceHeight).toBe(140n);
    expect(forced.authorisations).toEqual([{ lane: 5n, mode: "each", signatures: made.map(({ message }) => message.jobSignature) }]);
    const head = { ...world.service?.log, count: 3n, head: headAfter(forced.run.previousHead, forced.rows.map(rowLeafHash)) };
    expect(verify(world.signer.publicKey, headBytes(CHAIN, head as HeadStatement), forced.run.signature)).toBe(true);
  });

  test("does so early where settle_by comes close, and not again while it waits for the chain", async () => {
    const world = await muted();
    await world.answered(world.request({ settleBy: 121n }));
    world.chain.heightNow = 111n;
    await world.env.advance(1_000);
    expect(world.forced).toHaveLength(1);
    world.chain.heightNow += 5n;
    await world.env.advance(1_000);
    expect(world.forced).toHaveLength(1);
    world.chain.accept(0n, decodeForcedRun(world.forced[0] ?? new Uint8Array()).rows.map(encodeRow));
    world.chain.heightNow += 100n;
    await world.env.advance(5_000);
    expect(world.forced).toHaveLength(1);
  });

  test("a sequencer that was a little faster is no failure", async () => {
    const world = await muted();
    world.forceInclude = async (run) => {
      world.chain.accept(0n, decodeForcedRun(run).rows.map(encodeRow));
      await world.env.timers.sleep(500);
      throw new Error("nothing new");
    };
    await world.service?.drain();
    await world.start();
    await world.answered(world.request());
    world.chain.heightNow += 50n;
    await world.env.advance(2_000);
    expect(world.logger.withMessage("rows were accepted while they were being forced in")).toHaveLength(1);
    expect(world.logger.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("tries again where the chain refused", async () => {
    const world = await muted();
    let refusals = 0;
    world.forceInclude = async () => {
      refusals += 1;
      throw new Error("out of gas");
    };
    await world.service?.drain();
    await world.start();
    await world.answered(world.request());
    for (let each = 0; each < 8; each++) {
      world.chain.heightNow += 20n;
      await world.env.advance(500);
    }
    expect(refusals).toBeGreaterThan(1);
    expect(world.logger.withMessage("rows could not be forced in, it is tried again")).toHaveLength(refusals);
  });
});

describe("the end", () => {
  test("a drain answers what is under way, refuses what is new, publishes all and says so before", async () => {
    const world = await TestWorld.make();
    await world.start();
    world.runner.shut();
    const made = world.request();
    const asked = world.answered(made);
    await world.env.advance(1);
    const draining = world.service?.drain();
    const late = world.ask(world.request()).catch((error: { code: string }) => error.code);
    await world.env.advance(1);
    expect(world.heartbeats.at(-1)?.state).toBe("draining");
    world.runner.open();
    checkAnswer(world, made, await asked);
    await world.env.time.run(draining ?? Promise.resolve());
    await world.env.advance(6_000);
    expect(["NO_RESPONDERS", "DEADLINE", "refused"]).toContain(typeof (await late) === "string" ? await late : "refused");
    expect(world.published).toHaveLength(1);
  });

  test("a drain without a stream ends all the same, and the next start publishes", async () => {
    const world = await TestWorld.make();
    await world.start();
    await world.answered(world.request());
    world.broker.disconnect({ role: "worker", id: world.workerId });
    world.published.length = 0;
    await world.env.time.run(world.service?.drain() ?? Promise.resolve());
    await world.start();
    await world.env.advance(1_000);
    expect(world.published.flatMap(({ rows }) => rows)).toHaveLength(1);
  });

  test("a disk that fails ends the service, and nothing is signed for what it did not take", async () => {
    const world = await TestWorld.make();
    const service = await world.start();
    await world.answered(world.request());
    const [folder] = await world.env.files.readdir("/data");
    const [segment] = await world.env.files.readdir(`/data/${folder}`);
    world.env.files.failNext(`/data/${folder}/${segment}`, "FILE_FAILED");
    const asked = world.ask(world.request()).catch((error: { details: { reason: string } }) => error.details.reason);
    expect(await service.failed).toMatchObject({ code: "JOURNAL_FAILED" });
    expect(await asked).toBe("HANDLER_FAILED");
    await world.env.advance(GATHERED_MS);
    expect(world.heads.map(({ count }) => count)).toEqual([1n]);
  });

  test("a credential that is taken back ends the service", async () => {
    const world = await TestWorld.make();
    const service = await world.start();
    world.broker.revoke({ role: "worker", id: world.workerId });
    expect(String(await service.failed)).toMatch(/the bus closed the connection: the server refused the credential/);
  });

  test("a chain that has more of the log than we, or another incarnation, ends the service", async () => {
    for (const change of [
      (world: TestWorld) => world.chain.setAccepted(0, { count: 9n, head: new Uint8Array(32) as Digest }),
      (world: TestWorld) => {
        world.chain.incarnationNow = 1;
        world.chain.heightNow += 1n;
      },
    ]) {
      const world = await TestWorld.make();
      const service = await world.start();
      change(world);
      await world.env.advance(1_000);
      expect(String(await service.failed)).toMatch(/another process signs with this key|incarnation 1 is open/);
    }
  });
});

describe("the beginning (I34)", () => {
  test("a new incarnation has a log of its own, and needs permission as the first did", async () => {
    const world = await TestWorld.make();
    await world.start();
    await world.answered(world.request());
    await world.service?.drain();
    world.chain.incarnationNow = 1;
    await expect(world.start({ mayCreateState: false })).rejects.toMatchObject({ code: "MISSING_STATE" });
    await world.start();
    const { row } = await world.answered(world.request());
    expect(decodeRow(row)).toMatchObject({ incarnation: 1, index: 0n });
  });

  test("a key that the chain does not know", async () => {
    const world = await TestWorld.make();
    const stranger = nodeEd25519Signer(new Uint8Array(32).fill(9));
    await expect(world.start({}, world.env, stranger)).rejects.toMatchObject({ code: "NOT_REGISTERED" });
  });

  test("a journal that is older than the chain", async () => {
    const world = await TestWorld.make();
    await world.start();
    await world.answered(world.request());
    await world.service?.drain();
    world.chain.accept(0n, [...(world.published[0]?.rows ?? []), world.published[0]?.rows[0] ?? new Uint8Array()]);
    await expect(world.start()).rejects.toMatchObject({ code: "STALE_STATE" });
  });
});

test("heartbeats tell key, prices, load and region", async () => {
  const world = await TestWorld.make();
  await world.start();
  await world.answered(world.request());
  await world.env.advance(1_000);
  expect(world.heartbeats.at(-1)).toMatchObject({ worker: world.signer.publicKey, workerId: 7n, state: "serving", region: "eu" });
  expect(world.heartbeats.at(-1)?.models).toMatchObject([{ modelId: world.model.modelId, unitPrice: 3n, sessions: 1, waiting: 0 }]);
  expect(new Set(world.heartbeats.map(({ sequence }) => sequence)).size).toBe(world.heartbeats.length);
});

test("old segments go once their rows are accepted and their jobs are over, and the disk stays bounded", async () => {
  const world = await TestWorld.make();
  await world.start({ segmentBytes: 3_000 });
  const sizes: number[] = [];
  for (let round = 0; round < 12; round++) {
    for (let each = 0; each < 8; each++) await world.answered(world.request());
    await world.env.advance(10);
    for (const { start, rows } of world.published.splice(0)) world.chain.accept(start, rows);
    world.chain.heightNow += 60n;
    await world.env.advance(1_000);
    sizes.push(world.service?.state().journalBytes ?? 0);
  }
  expect(Math.max(...sizes)).toBeLessThan(12_000);
  await world.service?.drain();
  await world.start({ segmentBytes: 3_000 });
  await world.answered(world.request());
});
