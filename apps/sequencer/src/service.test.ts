import { RESULTS_STREAM } from "@lamina/messaging";
import { type PublicKey, toHex } from "@lamina/primitives";
import { describe, expect, test } from "vitest";
import { CRASH_POINTS } from "./crash-points.ts";
import { send } from "./testing/actors.ts";
import { World } from "./testing/world.ts";

/** Everybody works a while, in many small publications, and the world comes to rest. */
async function workAndSettle(world: World, rounds = 12): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const worker of world.workers) {
      worker.work(1 + world.env.rng.below(6));
      await worker.publish(world.workerBus);
    }
    await world.env.advance(120);
    if (!world.isAlive) {
      await world.kill();
      await world.start();
    }
  }
  await world.settle();
}

/** What must hold whatever happened: all settled, once, in order, and never two headers of one number. */
function expectSound(world: World): void {
  for (const { log, rows } of world.workers) {
    const settled = world.chain.settled.filter((row) => toHex(row.worker) === toHex(log.worker));
    expect(settled.map((row) => row.index)).toEqual(rows.map((row) => row.index));
  }
  expect([...world.chain.paid.values()].every((times) => times === 1)).toBe(true);
  for (const [place, hashes] of world.shown) expect(hashes.size, `headers shown at ${place}`).toBe(1);
  for (const { kind } of world.chain.verdicts) expect(kind, "a report without a fault").not.toBe("refused");
  for (const { term, number, hash } of world.chain.accepted) expect([...(world.shown.get(`${term}/${number}`) ?? [hash])]).toEqual([hash]);
}

describe("a sequencer", () => {
  test("brings every published row onto the chain, once, in its log's order, under its spenders' roots", async () => {
    const world = new World(1);
    await world.start();
    await workAndSettle(world);
    expectSound(world);
    expect(world.chain.modes.each).toBe(0);
    expect(world.shown.size).toBeGreaterThan(3);
    expect(world.chain.accepted.length).toBeLessThan(world.shown.size);
  });

  test("is idle without results, and its journal does not grow", async () => {
    const world = new World(2);
    const sequencer = await world.start();
    await world.env.advance(10_000);
    expect(sequencer.status).toMatchObject({ duty: "ours", term: "1", acceptedNumber: "0", unsettledBlocks: 0, waitingRows: 0 });
    expect(world.shown.size).toBe(0);
  });

  test("takes no acknowledgement back: a message leaves the stream only when its rows are in a durable block", async () => {
    const world = new World(3, 1);
    await world.start();
    world.crashAt("sequencer.journal-written", 1);
    world.workers[0]?.work(3);
    await world.workers[0]?.publish(world.workerBus);
    await world.env.advance(1_000);
    expect(world.isAlive).toBe(false);
    expect(world.broker.stream(RESULTS_STREAM).messages).toBe(1);
    expect(world.shown.size).toBe(0);
    await world.settle();
    expectSound(world);
  });
});

describe("killed at any place it loses nothing, pays nothing twice, and signs no number twice (I4, I6, I11)", () => {
  test.each(CRASH_POINTS.flatMap((step) => [1, 3].map((passing): [string, number] => [step, passing])))("%s, passing %i", async (step, passing) => {
    const world = new World(100 + passing);
    await world.start();
    world.crashAt(step, passing);
    await workAndSettle(world);
    expect(world.isCrashPending).toBe(false);
    expectSound(world);
  });

  const seeds = process.env["LAMINA_LONG"] === "1" ? Array.from({ length: 100 }, (_, at) => 7 + at) : [7];
  test.each(seeds)("again and again, at random places (seed %i)", async (seed) => {
    const world = new World(seed);
    await world.start();
    for (let round = 0; round < 15; round++) {
      world.crashAt(world.env.rng.pick(CRASH_POINTS), 1 + world.env.rng.below(3));
      await workAndSettle(world, 3);
    }
    expectSound(world);
  });
});

describe("around it things fail:", () => {
  test("a node that is away for a while delays, and costs nothing", async () => {
    const world = new World(11);
    await world.start();
    world.workers[0]?.work(5);
    await world.workers[0]?.publish(world.workerBus);
    await world.env.advance(300);
    world.chain.isDown = true;
    for (const worker of world.workers) {
      worker.work(4);
      await worker.publish(world.workerBus);
    }
    await world.env.advance(20_000);
    world.chain.isDown = false;
    await world.settle();
    expectSound(world);
  });

  test("an answer lost after acceptance: the same blocks again are no second payment (T33)", async () => {
    const world = new World(12);
    await world.start();
    world.chain.answersToLose = 2;
    await workAndSettle(world, 6);
    expectSound(world);
    expect(world.chain.answersToLose).toBe(0);
  });

  test.each(["silent", "refuses"] as const)("a spender that is %s: the jobs' own signatures go in", async (mood) => {
    const world = new World(13);
    world.spender.mood = mood;
    await world.start();
    await workAndSettle(world, 4);
    expectSound(world);
    expect(world.chain.modes.root).toBe(0);
  });

  test("a stopped sequencer leaves nothing behind: all that it took is on the chain", async () => {
    const world = new World(14);
    await world.start();
    for (const worker of world.workers) {
      worker.work(10);
      await worker.publish(world.workerBus);
    }
    await world.env.advance(20);
    await world.stop();
    expect(world.chain.settled).toHaveLength(30);
    expect(world.broker.stream(RESULTS_STREAM).messages).toBe(0);
  });

  test("a journal older than the chain refuses to start (I34)", async () => {
    const world = new World(15);
    await world.start();
    await workAndSettle(world, 2);
    await world.stop();
    await world.env.files.remove("/state/journal");
    await expect(world.start()).rejects.toThrow(/expected a journal up to at least block \d+/);
  });
});

describe("while another holds the term", () => {
  const stranger = { key: new Uint8Array(32).fill(9) as PublicKey, operator: "lamina1other" };

  test("it signs nothing, and keeps the stream from filling up", async () => {
    const world = new World(31);
    world.chain.current = { ...world.chain.current, ...stranger };
    const sequencer = await world.start();
    for (const worker of world.workers) {
      worker.work(3);
      await worker.publish(world.workerBus);
    }
    await world.env.advance(3_000);
    expect(sequencer.status).toMatchObject({ duty: "other", waitingRows: 0 });
    expect(world.shown.size).toBe(0);
    expect(world.broker.stream(RESULTS_STREAM).messages).toBe(0);
  });

  test("it takes the next term when the chain would give it, and goes on from the accepted block, also after a crash between", async () => {
    const world = new World(32);
    await world.start();
    await workAndSettle(world, 3);
    const accepted = world.chain.current.acceptedNumber;
    world.chain.current = { ...world.chain.current, term: 2n, ...stranger };
    await world.env.advance(2_000);
    world.crashAt("sequencer.term-noted", 1);
    world.chain.isTermOpen = true;
    await world.env.advance(2_000);
    expect(world.isAlive).toBe(false);
    await world.kill();
    await world.start();
    await world.env.advance(2_000);
    expect(world.chain.current).toMatchObject({ term: 3n, operator: world.chain.operator, acceptedNumber: accepted });
    await workAndSettle(world, 3);
    expectSound(world);
    expect([...world.shown.keys()]).toContain(`3/${accepted + 1n}`);
    await world.stop();
    await world.start();
    await world.stop();
  });

  test("what it signed and the other term passed over is dead; its rows come again and are settled once", async () => {
    const world = new World(33, 1);
    await world.start();
    const [worker] = world.workers;
    if (worker === undefined) throw new Error("no worker");
    world.chain.isDown = true;
    worker.work(4);
    await send(world.workerBus, worker.log, worker.run(0, 4), "first");
    await world.env.advance(1_000);
    world.chain.current = { ...world.chain.current, term: 2n, ...stranger };
    world.chain.isDown = false;
    await world.env.advance(2_000);
    world.chain.isTermOpen = true;
    await world.env.advance(3_000);
    expect(world.chain.settled).toHaveLength(0);
    await send(world.workerBus, worker.log, worker.run(0, 4), "from the outbox");
    await world.settle();
    expectSound(world);
  });
});

describe("a term that may be taken for a forced run that nobody served", () => {
  const stranger = { key: new Uint8Array(32).fill(9) as PublicKey, operator: "lamina1other" };

  test("stays with a holder that is there and has nothing to do, and goes when work is left lying (T30)", async () => {
    const world = new World(36, 1);
    world.chain.current = { ...world.chain.current, ...stranger };
    Object.assign(world.chain, { isTermOpen: true, isHolderOut: false });
    await world.start();
    const [worker] = world.workers;
    if (worker === undefined) throw new Error("no worker");
    worker.work(3);
    await worker.publish(world.workerBus);
    await world.env.advance(500);
    world.chain.force(worker.log, worker.rows.slice(0, 3));
    await world.env.advance(60_000);
    expect(world.chain.current.term).toBe(1n);
    worker.work(2);
    await worker.publish(world.workerBus);
    await world.env.advance(10_000);
    expect(world.chain.current).toMatchObject({ term: 2n, operator: world.chain.operator });
    await send(world.workerBus, worker.log, worker.run(3, 5), "from the outbox");
    await world.settle();
    expectSound(world);
  });

  test("nothing is signed while the chain does not tell whose term it is", async () => {
    const world = new World(37, 1);
    await world.start();
    const [worker] = world.workers;
    if (worker === undefined) throw new Error("no worker");
    // What is asked once of worker, model and lane is known by then, so that only the term is not.
    worker.work(20);
    await worker.publish(world.workerBus);
    await world.settle();
    const before = world.shown.size;
    world.chain.isDown = true;
    await world.env.advance(6_000);
    worker.work(4);
    await worker.publish(world.workerBus);
    await world.env.advance(6_000);
    expect(world.shown.size).toBe(before);
    world.chain.isDown = false;
    await world.settle();
    expectSound(world);
  });
});

describe("what workers publish", () => {
  test("may come in any order, twice, and overlapping", async () => {
    const world = new World(21, 1);
    await world.start();
    const [worker] = world.workers;
    if (worker === undefined) throw new Error("no worker");
    worker.work(12);
    const pieces: [number, number][] = [
      [6, 9],
      [3, 6],
      [0, 3],
      [0, 5],
      [9, 12],
      [2, 12],
      [0, 3],
    ];
    for (const [at, [from, to]] of pieces.entries()) await send(world.workerBus, worker.log, worker.run(from, to), `piece-${at}`);
    await world.settle();
    expectSound(world);
  });

  test("a second head at one index changes nothing: what came first stands (T29)", async () => {
    const world = new World(22, 1);
    await world.start();
    const [worker] = world.workers;
    if (worker === undefined) throw new Error("no worker");
    worker.work(3);
    await worker.publish(world.workerBus);
    await world.env.advance(1_000);
    const forked = worker.rows.map((row) => ({ ...row, charge: row.charge + 1n }));
    await send(world.workerBus, worker.log, worker.run(0, 3, forked), "forked");
    await world.settle();
    expectSound(world);
    await world.env.advance(2_000);
    expect([...world.chain.convicted]).toEqual([toHex(worker.log.worker)]);
  });

  test("a row whose job no spender signed stops its own log and no other (T66)", async () => {
    const world = new World(23, 2);
    world.spender.mood = "refuses";
    await world.start();
    const [honest, forger] = world.workers;
    if (honest === undefined || forger === undefined) throw new Error("no workers");
    honest.work(4);
    await honest.publish(world.workerBus);
    forger.work(2);
    const stolen = forger.rows.map((row) => ({ ...row, ceiling: row.ceiling + 1n }));
    forger.jobSignature = () => new Uint8Array(64);
    await send(world.workerBus, forger.log, forger.run(0, 2, stolen), "forged");
    await world.env.advance(3_000);
    expect(world.chain.settled.map((row) => row.index)).toEqual([0n, 1n, 2n, 3n]);
    expect(world.logger.withMessage("log refused")).toHaveLength(1);
    honest.work(1);
    await honest.publish(world.workerBus);
    await world.env.advance(3_000);
    expect(world.chain.settled).toHaveLength(5);
  });

  test("garbage is ended, not asked for again (T20, T27)", async () => {
    const world = new World(24, 1);
    await world.start();
    const [worker] = world.workers;
    if (worker === undefined) throw new Error("no worker");
    worker.work(2);
    const good = worker.run(0, 2);
    await send(world.workerBus, worker.log, Uint8Array.of(1, 2, 3), "noise");
    for (let at = 0; at < good.length; at += 37) {
      const flipped = good.slice();
      flipped[at] = (flipped[at] as number) ^ 1;
      await send(world.workerBus, worker.log, flipped, `flipped-${at}`);
    }
    await send(world.workerBus, worker.log, good, "good");
    await world.settle();
    expectSound(world);
  });

  test("a run of a worker that the chain does not know waits until it does", async () => {
    const world = new World(25, 1);
    const [worker] = world.workers;
    if (worker === undefined) throw new Error("no worker");
    const name = toHex(worker.signer.publicKey);
    world.chain.workers.delete(name);
    await world.start();
    worker.work(2);
    await worker.publish(world.workerBus);
    await world.env.advance(3_000);
    expect(world.chain.settled).toHaveLength(0);
    world.chain.workers.set(name, { registeredHeight: 16n });
    await world.settle();
    expectSound(world);
  });

  test("a run forced in meanwhile is not waited for (T67)", async () => {
    const world = new World(26, 1);
    await world.start();
    const [worker] = world.workers;
    if (worker === undefined) throw new Error("no worker");
    worker.work(9);
    await send(world.workerBus, worker.log, worker.run(0, 2), "first");
    await world.env.advance(2_000);
    // Rows 2 to 5 never reach us: somebody forces them in.
    world.chain.force(worker.log, worker.rows.slice(2, 6));
    await send(world.workerBus, worker.log, worker.run(6, 9), "rest");
    await world.settle();
    expectSound(world);
  });
});
