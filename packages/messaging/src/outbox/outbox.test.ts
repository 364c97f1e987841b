import { BaseError } from "@lamina/primitives";
import { type FakeEnv, fakeEnv } from "@lamina/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { resultsSubject } from "../subjects.ts";
import { Outbox, type OutboxDependencies, type OutboxOptions } from "./outbox.ts";
import { encodeFrame } from "./outbox-log.ts";
import { outboxMessageId, roundOf } from "./resend-rounds.ts";

const PATH = "/outbox.log";
const OPTIONS: OutboxOptions = { path: PATH, resendAfterMs: 10_000, bytesMax: 1_000_000, compactAtBytes: 400 };
const SUBJECT = resultsSubject("w1");
const bytes = (text: string) => new TextEncoder().encode(text);

class Unreachable extends BaseError<"UNREACHABLE"> {
  override readonly retryable: boolean;
  readonly details = {};
  constructor(retryable: boolean) {
    super("UNREACHABLE", "not now");
    this.retryable = retryable;
  }
}

async function open(env: FakeEnv, send: OutboxDependencies["send"] = async () => undefined, options: Partial<OutboxOptions> = {}) {
  const faults: string[] = [];
  const outbox = await Outbox.open({ ...OPTIONS, ...options }, { env, send, onFault: (what) => faults.push(what) });
  return { outbox, faults };
}

test("what was added is sent, kept over a restart, sent again, and gone once settled", async () => {
  const env = fakeEnv(1);
  const sent: string[] = [];
  const send: OutboxDependencies["send"] = async (subject, payload, messageId) => void sent.push(`${subject} ${messageId} ${payload}`);
  const first = await open(env, send);
  first.outbox.start();
  await first.outbox.add("a", SUBJECT, Uint8Array.of(1));
  await first.outbox.add("b", SUBJECT, Uint8Array.of(2));
  await env.advance(0);
  await first.outbox.settle(["a"]);
  await first.outbox.close();
  expect(sent).toEqual(["lamina.results.w1 a 1", "lamina.results.w1 b 2"]);

  const second = await open(env, send);
  expect([...second.outbox.entries()].map((entry) => entry.id)).toEqual(["b"]);
  second.outbox.start();
  await env.advance(0);
  expect(sent.slice(2)).toEqual(["lamina.results.w1 b 2"]);
  await second.outbox.settle(["b", "never added"]);
  expect(second.outbox.size).toBe(0);
  expect(second.outbox.bytes).toBe(0);
});

test("nothing is sent before it is on the disk", async () => {
  const seen: boolean[] = [];
  const env = fakeEnv(1);
  const { outbox } = await open(env, async (_, __, messageId) => {
    env.files.losePower();
    const again = await open(env);
    seen.push(again.outbox.has(messageId));
  });
  outbox.start();
  await outbox.add("a", SUBJECT, bytes("result"));
  await env.advance(0);
  expect(seen).toEqual([true]);
});

test("a message that is not settled is sent anew each round, under a message id of its own", async () => {
  const env = fakeEnv(1);
  const sent: string[] = [];
  const { outbox } = await open(env, async (_, __, messageId) => void sent.push(messageId));
  outbox.start();
  await outbox.add("a", SUBJECT, bytes("x"));
  await env.advance(9_000);
  expect(sent).toEqual(["a"]);
  await env.advance(70_000);
  expect(sent).toEqual(["a", "a~1", "a~2", "a~3"]);
  await outbox.settle(["a"]);
  await env.advance(1_000_000);
  expect(sent).toHaveLength(4);
});

test("a sending that failed is repeated under the same message id: with growing waits, at once on reconnection", async () => {
  const env = fakeEnv(1);
  const tries: string[] = [];
  let isUp = false;
  const { outbox } = await open(env, async (_, __, messageId) => {
    tries.push(messageId);
    if (!isUp) throw new Unreachable(true);
  });
  outbox.start();
  await outbox.add("a", SUBJECT, bytes("x"));
  await env.advance(9_000);
  expect(tries.length).toBeGreaterThan(3);
  expect(tries.length).toBeLessThan(12);
  isUp = true;
  const before = tries.length;
  outbox.resend();
  await env.advance(0);
  expect(tries.slice(before)).toEqual(["a"]);
  expect(new Set(tries)).toEqual(new Set(["a"]));
});

test("a message that cannot be sent at all is kept, told of, and tried again in its next round only", async () => {
  const env = fakeEnv(1);
  let tries = 0;
  const { outbox, faults } = await open(env, async () => {
    tries++;
    throw new Unreachable(false);
  });
  outbox.start();
  await outbox.add("a", SUBJECT, bytes("x"));
  await env.advance(9_000);
  expect([tries, faults.length, outbox.size]).toEqual([1, 1, 1]);
  await env.advance(5_000);
  expect([tries, faults.length, outbox.size]).toEqual([2, 2, 1]);
});

test("at most so many are on their way at once", async () => {
  const env = fakeEnv(1);
  let under = 0;
  let most = 0;
  const send = async () => {
    most = Math.max(most, ++under);
    await env.timers.sleep(10);
    under--;
  };
  const { outbox } = await open(env, send, { sendsAtOnce: 3 });
  outbox.start();
  await Promise.all(Array.from({ length: 20 }, (_, index) => outbox.add(`e${index}`, SUBJECT, bytes("x"))));
  await env.advance(200);
  expect([most, under]).toEqual([3, 0]);
});

test("one id has one content; the same again is no error and no second entry", async () => {
  const env = fakeEnv(1);
  const { outbox } = await open(env);
  await Promise.all([outbox.add("a", SUBJECT, bytes("x")), outbox.add("a", SUBJECT, bytes("x"))]);
  await expect(outbox.add("a", SUBJECT, bytes("y"))).rejects.toMatchObject({ code: "OUTBOX_CONFLICT", details: { id: "a" } });
  expect(outbox.size).toBe(1);
});

test("a full outbox refuses, naming limit and found, and has room again when something is settled", async () => {
  const env = fakeEnv(1);
  const { outbox } = await open(env, async () => undefined, { bytesMax: 300 });
  await outbox.add("a", SUBJECT, new Uint8Array(200));
  const full = { code: "OUTBOX_FULL", retryable: true, details: { limitBytes: 300 } };
  await expect(outbox.add("b", SUBJECT, new Uint8Array(200))).rejects.toMatchObject(full);
  await outbox.settle(["a"]);
  await outbox.add("b", SUBJECT, new Uint8Array(200));
});

test("a file that cannot be written fails what waits and everything after it; what was confirmed is there at the next start", async () => {
  const env = fakeEnv(1);
  const { outbox } = await open(env);
  await outbox.add("a", SUBJECT, bytes("x"));
  env.files.failNext(PATH, "FILE_NO_SPACE");
  await expect(outbox.add("b", SUBJECT, bytes("x"))).rejects.toMatchObject({ code: "OUTBOX_FAILED" });
  await expect(outbox.add("c", SUBJECT, bytes("x"))).rejects.toMatchObject({ code: "OUTBOX_FAILED" });
  const again = await open(env);
  expect([...again.outbox.entries()].map((entry) => entry.id)).toEqual(["a"]);
});

test("the file does not grow with what was settled", async () => {
  const env = fakeEnv(1);
  const { outbox } = await open(env);
  for (let index = 0; index < 100; index++) {
    await outbox.add(`e${index}`, SUBJECT, new Uint8Array(100));
    await outbox.settle([`e${index - 2}`]);
  }
  expect((await env.files.stat(PATH))?.sizeBytes).toBeLessThan(2_000);
  expect([...(await open(env)).outbox.entries()].map((entry) => entry.id)).toEqual(["e98", "e99"]);
});

test("damage before a whole frame is told, not cut off: it was on the disk once", async () => {
  const env = fakeEnv(1);
  const frames = ["a", "b", "c"].map((id) => encodeFrame([{ kind: "add", entry: { id, subject: SUBJECT, payload: bytes("x"), addedAtMs: 1 } }]));
  const file = Buffer.concat(frames);
  const damagedAt = (frames[0]?.length ?? 0) + 20;
  file[damagedAt] = (file[damagedAt] ?? 0) ^ 1;
  await env.files.writeFileAtomic(PATH, file);
  await expect(open(env)).rejects.toMatchObject({
    code: "OUTBOX_CORRUPT",
    details: { offsetBytes: frames[0]?.length, nextOffsetBytes: 2 * (frames[0]?.length ?? 0) },
  });
});

test("rounds begin at 0, T, 3T, 7T, ... and then every 32 T", () => {
  const starts = [0];
  while (starts.length < 10) starts.push(roundOf(starts.at(-1) ?? 0, 10).nextAtAgeMs);
  expect(starts).toEqual([0, 10, 30, 70, 150, 310, 630, 950, 1270, 1590]);
  for (const [number, start] of starts.entries()) expect(roundOf(start, 10).number).toBe(number);
  expect(roundOf(-5, 10).number).toBe(0);
  expect([outboxMessageId("a", 0), outboxMessageId("a", 2)]).toEqual(["a", "a~2"]);
});

/** What a run does between two crashes; `crashAt` counts the steps passed, and the torn write keeps a part of what was not synced. */
interface Life {
  readonly actions: readonly { readonly kind: "add" | "settle"; readonly key: number }[];
  readonly crashAt: number;
  readonly tornPart: number;
  readonly isZeroed: boolean;
}

const lives: fc.Arbitrary<Life[]> = fc.array(
  fc.record({
    actions: fc.array(fc.record({ kind: fc.constantFrom("add" as const, "settle" as const), key: fc.nat(12) }), { maxLength: 25 }),
    crashAt: fc.integer({ min: 1, max: 60 }),
    tornPart: fc.double({ min: 0, max: 1, noNaN: true }),
    isZeroed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

test("after a crash at any step, with any torn write: everything confirmed is there, and nothing else but what was asked for", async () => {
  await fc.assert(
    fc.asyncProperty(lives, async (run) => {
      let passings = 0;
      let crashAt = 0;
      const env = fakeEnv(7, {
        onStep: () => {
          if (++passings >= crashAt) throw new Error("crash");
        },
      });
      /** Ids that must be there, and those of which either may hold: asked for, and not confirmed. */
      const certain = new Set<string>();
      const open_ = new Set<string>();
      for (const life of run) {
        passings = 0;
        crashAt = life.crashAt;
        const { outbox } = await open(env);
        expectContent(outbox, certain, open_);
        for (const id of [...certain]) if (!outbox.has(id)) certain.delete(id);
        for (const id of open_) if (outbox.has(id)) certain.add(id);
        open_.clear();
        await live(outbox, life, certain, open_);
        await crash(env, life);
      }
      crashAt = Number.POSITIVE_INFINITY;
      expectContent((await open(env)).outbox, certain, open_);
    }),
    { numRuns: 300 },
  );
});

async function live(outbox: Outbox, life: Life, certain: Set<string>, open_: Set<string>): Promise<void> {
  const done = life.actions.map(async ({ kind, key }) => {
    const id = `k${key}`;
    open_.add(id);
    certain.delete(id);
    if (kind === "add") await outbox.add(id, SUBJECT, bytes(`payload of ${id}`.repeat(key + 1)));
    else await outbox.settle([id]);
    return { kind, id };
  });
  const results = await Promise.allSettled(done);
  // The last confirmed word on an id is certain only where no later one was left open.
  const last = new Map<string, PromiseSettledResult<{ kind: "add" | "settle"; id: string }>>();
  for (const [index, result] of results.entries()) last.set(`k${life.actions[index]?.key}`, result);
  for (const [id, result] of last) {
    if (result.status === "rejected") continue;
    open_.delete(id);
    if (result.value.kind === "add") certain.add(id);
  }
}

/** Power is lost: of what was not synced a part is on the disk, as written or as zeros. */
async function crash(env: FakeEnv, life: Life): Promise<void> {
  const written = await env.files.readFile(PATH);
  env.files.losePower();
  const synced = await env.files.readFile(PATH);
  const lost = written.slice(synced.length);
  const torn = lost.slice(0, Math.floor(lost.length * life.tornPart));
  const handle = await env.files.openAppend(PATH);
  await handle.append(life.isZeroed ? torn.fill(0) : torn);
  await handle.sync();
  await handle.close();
}

function expectContent(outbox: Outbox, certain: ReadonlySet<string>, open_: ReadonlySet<string>): void {
  const found = new Map([...outbox.entries()].map((entry) => [entry.id, entry]));
  for (const id of certain) expect(found.has(id), `${id} was confirmed`).toBe(true);
  for (const [id, entry] of found) {
    expect(certain.has(id) || open_.has(id), `${id} was asked for`).toBe(true);
    expect(entry.payload).toEqual(bytes(`payload of ${id}`.repeat(Number(id.slice(1)) + 1)));
  }
}
