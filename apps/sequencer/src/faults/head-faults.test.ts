import { headsSubject } from "@lamina/messaging";
import { toHex } from "@lamina/primitives";
import { describe, expect, test } from "vitest";
import { FAULT_CRASH_POINTS } from "../crash-points.ts";
import { send, type WorkerActor } from "../testing/actors.ts";
import { World } from "../testing/world.ts";

async function worldOfOne(seed: number): Promise<{ world: World; worker: WorkerActor }> {
  const world = new World(seed, 1);
  await world.start();
  const [worker] = world.workers;
  if (worker === undefined) throw new Error("no worker");
  return { world, worker };
}

/** The first history alone is settled, the worker is convicted by one report, and nothing waits to be told. */
async function expectConvicted(world: World, worker: WorkerActor, verdicts = ["convicted"]): Promise<void> {
  await world.settle();
  for (let waitedMs = 0; waitedMs < 60_000 && world.chain.verdicts.length < verdicts.length; waitedMs += 100) {
    await world.env.advance(100);
    if (!world.isAlive) {
      await world.kill();
      await world.start();
    }
  }
  await world.env.advance(30_000);
  expect(world.chain.settled).toEqual(worker.rows);
  expect(world.chain.verdicts.map(({ kind }) => kind)).toEqual(verdicts);
  expect([...world.chain.convicted]).toEqual([toHex(worker.log.worker)]);
  expect(await world.env.files.readdir("/state/faults")).toEqual([`${toHex(worker.log.worker)}.closed`]);
}

describe("two heads of one count are told to the chain, once (I16, T29)", () => {
  test("in two runs, one after the other", async () => {
    const { world, worker } = await worldOfOne(41);
    worker.work(5);
    await send(world.workerBus, worker.log, worker.run(0, 5), "first");
    await world.env.advance(1_000);
    await send(world.workerBus, worker.log, worker.run(0, 5, worker.forked(2)), "second");
    await send(world.workerBus, worker.log, worker.run(0, 5, worker.forked(3)), "third");
    await expectConvicted(world, worker);
  });

  test("where the second run would only be known, or is too early", async () => {
    const { world, worker } = await worldOfOne(42);
    worker.work(9);
    await send(world.workerBus, worker.log, worker.run(0, 3), "0-3");
    await send(world.workerBus, worker.log, worker.run(3, 6), "3-6");
    await send(world.workerBus, worker.log, worker.run(0, 3, worker.forked(1)), "known");
    await world.env.advance(1_000);
    await send(world.workerBus, worker.log, worker.run(6, 9), "6-9");
    await expectConvicted(world, worker);
  });

  test("in a run and in a notice of a head, whichever comes first", async () => {
    for (const isNoticeFirst of [true, false]) {
      const { world, worker } = await worldOfOne(43);
      worker.work(4);
      const bus = world.broker.connect({ role: "worker", id: toHex(worker.log.worker) });
      const notify = () => bus.notify(headsSubject(toHex(worker.log.worker)), worker.notice(4, worker.forked()));
      if (isNoticeFirst) notify();
      await world.env.advance(200);
      await send(world.workerBus, worker.log, worker.run(0, 4), "run");
      await world.env.advance(200);
      if (!isNoticeFirst) notify();
      if (isNoticeFirst) {
        // What it told everybody first was another history: its run is not taken, and it is convicted.
        await world.env.advance(5_000);
        expect([...world.chain.convicted]).toEqual([toHex(worker.log.worker)]);
        expect(world.chain.settled).toEqual([]);
      } else {
        await expectConvicted(world, worker);
      }
    }
  });

  test("one in a block that was signed before a crash, the other after it", async () => {
    const { world, worker } = await worldOfOne(44);
    worker.work(4);
    await send(world.workerBus, worker.log, worker.run(0, 4), "first");
    await world.env.advance(1_000);
    await world.kill();
    await world.start();
    await send(world.workerBus, worker.log, worker.run(0, 4, worker.forked()), "second");
    await expectConvicted(world, worker);
  });

  test("also by a sequencer whose term it is not", async () => {
    const { world, worker } = await worldOfOne(45);
    world.chain.current = { ...world.chain.current, term: 2n, key: worker.log.worker, operator: "lamina1other" };
    await world.env.advance(1_000);
    worker.work(4);
    for (const rows of [worker.rows, worker.forked()]) await send(world.workerBus, worker.log, worker.run(0, 4, rows), toHex(worker.run(0, 4, rows)));
    await world.env.advance(5_000);
    expect([...world.chain.convicted]).toEqual([toHex(worker.log.worker)]);
    expect(world.chain.settled).toEqual([]);
  });

  test("with a node that is away for a while", async () => {
    const { world, worker } = await worldOfOne(46);
    worker.work(4);
    await send(world.workerBus, worker.log, worker.run(0, 4), "first");
    await world.env.advance(1_000);
    world.chain.isDown = true;
    await send(world.workerBus, worker.log, worker.run(0, 4, worker.forked()), "second");
    await world.env.advance(20_000);
    expect(world.chain.verdicts).toEqual([]);
    world.chain.isDown = false;
    await expectConvicted(world, worker);
  });

  test("where somebody else was faster", async () => {
    const { world, worker } = await worldOfOne(47);
    worker.work(2);
    world.chain.convicted.add(toHex(worker.log.worker));
    for (const rows of [worker.rows, worker.forked()]) await send(world.workerBus, worker.log, worker.run(0, 2, rows), toHex(worker.run(0, 2, rows)));
    await expectConvicted(world, worker, ["judged"]);
  });
});

describe("killed around a report, the chain is told all the same (I6, I16)", () => {
  test.each(FAULT_CRASH_POINTS)("%s", async (step) => {
    const { world, worker } = await worldOfOne(48);
    worker.work(4);
    await send(world.workerBus, worker.log, worker.run(0, 4), "first");
    await world.env.advance(1_000);
    world.crashAt(step, 1);
    await send(world.workerBus, worker.log, worker.run(0, 4, worker.forked()), "second");
    await world.env.advance(2_000);
    expect(world.isCrashPending).toBe(false);
    await expectConvicted(world, worker, step === "sequencer.fault-answered" ? ["convicted", "judged"] : ["convicted"]);
  });
});

test("a fork whose heads never meet at one count is ended, and told to nobody: it proves nothing", async () => {
  const { world, worker } = await worldOfOne(52);
  worker.work(5);
  await send(world.workerBus, worker.log, worker.run(0, 5), "first");
  await world.env.advance(1_000);
  await send(world.workerBus, worker.log, worker.run(0, 4, worker.forked()), "behind");
  await send(world.workerBus, worker.log, worker.run(0, 5, worker.forked()).slice(0, 40), "garbage");
  worker.work(2);
  await send(world.workerBus, worker.log, worker.run(0, 7, worker.forked(1)), "beyond");
  await world.env.advance(5_000);
  expect(world.logger.withMessage("worker forked its log")).toHaveLength(1);
  expect(world.chain.settled).toEqual(worker.rows.slice(0, 5));
  expect(world.chain.verdicts).toEqual([]);
});

describe("nobody honest is reported (I11)", () => {
  test("resent, cut otherwise, out of order, across restarts", async () => {
    const { world, worker } = await worldOfOne(49);
    worker.work(12);
    const pieces = [
      [6, 9],
      [0, 3],
      [0, 6],
      [3, 6],
      [9, 12],
      [2, 12],
      [0, 12],
    ] as const;
    for (const [at, [from, to]] of pieces.entries()) {
      await send(world.workerBus, worker.log, worker.run(from, to), `piece-${at}`);
      if (at % 3 === 0) await world.kill();
      if (!world.isAlive) await world.start();
    }
    await world.settle();
    await world.env.advance(10_000);
    expect(world.chain.verdicts).toEqual([]);
    expect(await world.env.files.readdir("/state/faults")).toEqual([]);
  });

  test("a head that somebody else says is the worker's convicts nobody", async () => {
    const { world, worker } = await worldOfOne(50);
    worker.work(4);
    await send(world.workerBus, worker.log, worker.run(0, 4), "first");
    const stranger = world.broker.connect({ role: "worker", id: "a".repeat(64) });
    const forged = worker.notice(4, worker.forked());
    forged.set(new Uint8Array(8), forged.length - 20);
    stranger.notify(headsSubject("a".repeat(64)), worker.notice(4, worker.forked()));
    world.broker.connect({ role: "worker", id: toHex(worker.log.worker) }).notify(headsSubject(toHex(worker.log.worker)), forged);
    await world.settle();
    await world.env.advance(10_000);
    expect(world.chain.verdicts).toEqual([]);
  });
});

test("evidence that does not read as such is told, and nothing starts on top of it", async () => {
  const { world, worker } = await worldOfOne(51);
  await world.stop();
  await world.env.files.writeFileAtomic(`/state/faults/${toHex(worker.log.worker)}.pending`, Uint8Array.of(1, 2, 3));
  await expect(world.start()).rejects.toThrow(`/state/faults/${toHex(worker.log.worker)}.pending`);
});
