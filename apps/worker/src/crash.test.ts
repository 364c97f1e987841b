import { computeJobId, decodeForcedRun, decodeRow, encodeRow, type Signer } from "@lamina/codec";
import { toHex } from "@lamina/primitives";
import type { bus } from "@lamina/protocol";
import { describe, expect, test } from "vitest";
import { CRASH_POINTS } from "./crash-points.ts";
import type { MadeRequest } from "./testing/make-request.ts";
import { Life, mortalEnv } from "./testing/mortal-env.ts";
import { CHAIN, TestWorld } from "./testing/test-world.ts";

/** Small segments, so that rolling and dropping happen too. */
const OPTIONS = { segmentBytes: 2_000 };

/** A worker that lives through a working day with a crash in it. */
class Day {
  readonly world: TestWorld;
  readonly made: MadeRequest[] = [];
  readonly answers = new Map<MadeRequest, bus.WorkAnswer>();
  /** Every statement that the key ever signed. */
  readonly signed = new Map<string, string>();
  readonly doubleSigned: string[] = [];
  life: Life;
  #acceptedRuns = 0;

  private constructor(world: TestWorld, crashAt: { step: string; passing: number } | undefined) {
    this.world = world;
    this.life = new Life(crashAt, () => world.broker.revoke({ role: "worker", id: world.workerId }));
    world.forceInclude = async (run) => {
      const forced = decodeForcedRun(run);
      this.world.chain.accept(forced.run.start, forced.rows.map(encodeRow));
      return 1n;
    };
  }

  static async begin(seed: number, crashAt?: { step: string; passing: number }): Promise<Day> {
    const world = await TestWorld.make({ seed });
    const day = new Day(world, crashAt);
    await day.start();
    return day;
  }

  async start(): Promise<void> {
    await this.world.start(OPTIONS, mortalEnv(this.world.env, this.life), this.#watched(this.world.signer));
  }

  /** What a restart finds: all that was written, or, without power, what was synced. */
  async restart(isPowerLost: boolean): Promise<void> {
    if (isPowerLost) this.world.env.files.losePower();
    this.life = new Life(undefined);
    await this.start();
  }

  /** Jobs, settlement, muteness and old age; stops early where the process dies. */
  async work(): Promise<void> {
    const { chain, env } = this.world;
    await this.ask(5);
    await this.ask(1);
    this.settle();
    chain.heightNow += 10n;
    await env.advance(1_000);
    await this.ask(6);
    // No sequencer for long: the rows are forced in.
    for (let heights = 0; heights < 60 && !this.life.isOver; heights += 10) {
      chain.heightNow += 10n;
      await env.advance(500);
    }
    await this.ask(3);
    this.settle();
    chain.heightNow += 400n;
    await env.advance(2_000);
    await this.ask(2);
  }

  async ask(count: number): Promise<void> {
    const fresh = Array.from({ length: count }, () => this.world.request());
    this.made.push(...fresh);
    await this.#askAll(fresh);
  }

  /** Asks again for everything that can still be asked for. */
  async askAgain(): Promise<void> {
    const open = this.made.filter(({ job }) => job.settleBy > this.world.chain.heightNow + 20n);
    await this.#askAll(open);
    for (const made of open) expect(this.answers.has(made), `job ${toHex(made.jobId)} is answered after the restart`).toBe(true);
  }

  /** Everything published so far settles. */
  settle(): void {
    for (const { start, rows } of this.world.published.slice(this.#acceptedRuns)) {
      if (start > this.world.chain.acceptedOf(0).count) break;
      this.world.chain.accept(start, rows);
      this.#acceptedRuns += 1;
    }
  }

  /** One row a job, one job a row, all that was answered among them, and the chain has come to the end of the log. */
  async expectConsistent(): Promise<void> {
    const { env, chain, published } = this.world;
    await env.advance(40_000);
    this.settle();
    const rows = new Map<bigint, string>();
    const jobs = new Map<string, bigint>();
    for (const row of published.flatMap((run) => run.rows)) {
      const decoded = decodeRow(row);
      expect(rows.get(decoded.index) ?? toHex(row), `one row at index ${decoded.index}`).toBe(toHex(row));
      rows.set(decoded.index, toHex(row));
      const jobId = toHex(computeJobId(CHAIN, decoded));
      expect(jobs.get(jobId) ?? decoded.index, "one index a job").toBe(decoded.index);
      jobs.set(jobId, decoded.index);
    }
    for (const { row } of this.answers.values()) expect(rows.get(decodeRow(row).index)).toBe(toHex(row));
    expect(chain.acceptedOf(0).count).toBe(BigInt(rows.size));
    expect(this.doubleSigned).toEqual([]);
  }

  async #askAll(made: readonly MadeRequest[]): Promise<void> {
    const asked = made.map(async (each) => {
      const reply = await this.world.ask(each);
      if (reply.case !== "answer") return;
      const before = this.answers.get(each);
      if (before !== undefined) expect(reply.value.row).toEqual(before.row);
      this.answers.set(each, reply.value);
    });
    const settled = Promise.allSettled(asked);
    await this.world.env.advance(this.life.isOver ? 6_000 : 300);
    if (this.life.isOver) await this.world.env.advance(6_000);
    for (const each of await settled) {
      // A dead worker leaves its clients waiting until their deadline; anything else is a fault.
      if (each.status === "rejected" && !["DEADLINE", "NO_RESPONDERS"].includes((each.reason as { code?: string }).code ?? "")) throw each.reason;
    }
  }

  /** Two statements of one count are the fault that is slashed (T29). */
  #watched(signer: Signer): Signer {
    return {
      publicKey: signer.publicKey,
      sign: (statement) => {
        // All but the head, the last 32 bytes.
        const name = toHex(statement.slice(0, -32));
        const head = toHex(statement.slice(-32));
        if ((this.signed.get(name) ?? head) !== head) this.doubleSigned.push(name);
        this.signed.set(name, head);
        return signer.sign(statement);
      },
    };
  }
}

async function passingsOfADay(): Promise<Map<string, number>> {
  const day = await Day.begin(1);
  const passings = new Map<string, number>();
  const step = day.life.step.bind(day.life);
  day.life.step = (name) => {
    passings.set(name, (passings.get(name) ?? 0) + 1);
    return step(name);
  };
  await day.work();
  await day.expectConsistent();
  return passings;
}

describe("a crash at any step", () => {
  test("a day passes every step", async () => {
    const passings = await passingsOfADay();
    expect([...CRASH_POINTS].filter((step) => !passings.has(step))).toEqual([]);
  });

  test.each(
    CRASH_POINTS.flatMap((step) => [false, true].map((power) => ({ step, power }))),
  )("$step, power lost: $power: no second head at a count, no answer lost, no job done twice (I4, I6, I11)", async ({ step, power }) => {
    for (const passing of [1, 2, 3, 5, 8]) {
      const day = await Day.begin(passing, { step, passing });
      await day.work();
      if (!day.life.isOver) continue;
      await day.restart(power);
      await day.askAgain();
      await day.ask(3);
      await day.expectConsistent();
    }
  });
});
