import type { Env } from "@lamina/primitives";
import { afterEach, expect, test } from "vitest";
import type { Bus, ConsumeQueue } from "../bus.ts";
import { Refusal } from "../bus.ts";
import type { Grantee } from "../permissions.ts";
import type { ConsumerSpec } from "../streams.ts";
import { ALL_HEARTBEATS, heartbeatSubject, resultsSubject, spendService, workService } from "../subjects.ts";
import type { StreamMessage } from "../transport.ts";

/** What a message system must offer for the contract to be tried on it. */
export interface BusWorld {
  readonly env: Env;
  connect(grantee: Grantee, onFault?: (what: string, error: unknown) => void): Promise<Bus>;
  /** A durable consumer of RESULTS for the sequencer of this id, with this wait. */
  addConsumer(sequencerId: string, ackWaitMs: number): Promise<ConsumerSpec>;
  /** Messages that RESULTS and DEAD hold now. */
  messagesIn(stream: "RESULTS" | "DEAD"): Promise<number>;
  /** Breaks every connection, runs `meanwhile`, and lets the connections come back. */
  interrupt(meanwhile: () => Promise<void>): Promise<void>;
}

const SOON = { timeoutMs: 5_000 };
const text = (value: string) => new TextEncoder().encode(value);
const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The tests that every bus must pass, the one over NATS and the one in memory: what a unit test leans on holds in production. */
export function busContract(world: () => BusWorld): void {
  const open: Bus[] = [];
  let names = 0;
  const fresh = (prefix: string) => `${prefix}${names++}`;
  const connect = async (grantee: Grantee, onFault?: (what: string, error: unknown) => void) => {
    const bus = await world().connect(grantee, onFault);
    open.push(bus);
    return bus;
  };
  const gateway = () => connect({ role: "gateway", id: fresh("g"), spenderIds: [] });
  const workerOf = async (handler: Parameters<Bus["serve"]>[1], id = fresh("w")) => {
    const bus = await connect({ role: "worker", id });
    bus.serve(workService(id), handler);
    await bus.flush();
    return { bus, service: workService(id) };
  };

  afterEach(async () => {
    for (const bus of open.splice(0)) await bus.close();
  });

  test("a request is answered, an empty one too", async () => {
    const asker = await gateway();
    const { service } = await workerOf(async ({ payload }) => text(`got ${payload.length}`));
    expect(read(await asker.request(service, text("hello"), SOON))).toBe("got 5");
    expect(read(await asker.request(service, new Uint8Array(), SOON))).toBe("got 0");
  });

  test("what no message can hold crosses in chunks, both ways, at every size around the edge", async () => {
    const asker = await gateway();
    const { service } = await workerOf(async ({ payload }) => payload.toReversed());
    const edge = asker.payloadBytesMax;
    for (const size of [edge - 1, edge, edge + 1, 2 * edge, 3 * edge + 17]) {
      const sent = world().env.random.bytes(size);
      const got = await asker.request(service, sent, SOON);
      expect(Buffer.compare(got, sent.toReversed())).toBe(0);
    }
  });

  test("many large requests at once to several processes of one service come back whole", async () => {
    const asker = await gateway();
    const id = fresh("w");
    const counts = [0, 0];
    for (const index of [0, 1]) {
      await workerOf(async ({ payload }) => {
        counts[index] = (counts[index] ?? 0) + 1;
        return payload;
      }, id);
    }
    const sent = Array.from({ length: 8 }, (_, index) => new Uint8Array(asker.payloadBytesMax * 2 + index).fill(index));
    const got = await Promise.all(sent.map((payload) => asker.request(workService(id), payload, SOON)));
    for (const [index, payload] of got.entries()) expect(Buffer.compare(payload, sent[index] as Uint8Array)).toBe(0);
    expect(counts[0]! + counts[1]!).toBe(8);
  });

  test("more than the limit is refused before anything is sent, naming limit and found", async () => {
    const asker = await gateway();
    const { bus, service } = await workerOf(async () => new Uint8Array(asker.requestBytesMax + 1));
    const foundBytes = asker.requestBytesMax + 1;
    const tooLarge = { code: "PAYLOAD_TOO_LARGE", details: { limitBytes: asker.requestBytesMax, foundBytes } };
    await expect(asker.request(service, new Uint8Array(foundBytes), SOON)).rejects.toMatchObject(tooLarge);
    await expect(asker.request(service, text("answer me"), SOON)).rejects.toMatchObject({ details: { reason: "ANSWER_TOO_LARGE" } });
    const noticeLimit = { code: "PAYLOAD_TOO_LARGE", details: { limitBytes: bus.payloadBytesMax, foundBytes: bus.payloadBytesMax + 1 } };
    const oversized = new Uint8Array(bus.payloadBytesMax + 1);
    await expect(bus.append(resultsSubject(service.name), oversized, { messageId: "x", timeoutMs: 1000 })).rejects.toMatchObject(noticeLimit);
    expect(thrownBy(() => bus.notify(heartbeatSubject(service.name), oversized))).toMatchObject(noticeLimit);
  });

  test("nobody there is told at once", async () => {
    const asker = await gateway();
    await expect(asker.request(workService("nobody"), text("x"), SOON)).rejects.toMatchObject({ code: "NO_RESPONDERS", retryable: true });
  });

  test("a request ends at its deadline, and its service is told to stop", async () => {
    const asker = await gateway();
    const stopped = Promise.withResolvers<void>();
    const { service } = await workerOf(({ signal }) => untilAborted(signal, stopped.resolve));
    await expect(asker.request(service, text("x"), { timeoutMs: 50 })).rejects.toMatchObject({ code: "DEADLINE", details: { timeoutMs: 50 } });
    await stopped.promise;
  });

  test("a cancelled request rejects with its reason, and its service is told to stop", async () => {
    const asker = await gateway();
    const controller = new AbortController();
    const stopped = Promise.withResolvers<void>();
    const { service } = await workerOf(({ signal }) => {
      controller.abort(new Error("the client went away"));
      return untilAborted(signal, stopped.resolve);
    });
    await expect(asker.request(service, text("x"), { ...SOON, signal: controller.signal })).rejects.toThrow("the client went away");
    await stopped.promise;
    await expect(asker.request(service, text("x"), { ...SOON, signal: controller.signal })).rejects.toThrow("the client went away");
  });

  test("a refusal reaches the requester with its reason; a failure only as such", async () => {
    const asker = await gateway();
    const faults: string[] = [];
    const id = fresh("w");
    const bus = await connect({ role: "worker", id }, (what) => faults.push(what));
    bus.serve(workService(id), async ({ payload }) => {
      throw payload.length === 0 ? new Error("secret detail") : new Refusal("OVERLOADED", "queue is full", { retryable: true });
    });
    await bus.flush();
    const refused = { code: "SERVICE_REFUSED", retryable: true, details: { reason: "OVERLOADED", text: "queue is full" } };
    await expect(asker.request(workService(id), text("x"), SOON)).rejects.toMatchObject(refused);
    const error = await asker.request(workService(id), new Uint8Array(), SOON).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "SERVICE_REFUSED", details: { reason: "HANDLER_FAILED" } });
    expect(String(error)).not.toContain("secret");
    expect(faults).toHaveLength(1);
  });

  test("many requests at once each get their own answer, in whatever order they are ready", async () => {
    const asker = await gateway();
    const { service } = await workerOf(async ({ payload }) => {
      await world().env.timers.sleep((payload[0] ?? 0) % 3);
      return payload;
    });
    const sent = Array.from({ length: 200 }, (_, at) => Uint8Array.of(at, 7));
    const got = await Promise.all(sent.map((payload) => asker.request(service, payload, SOON)));
    expect(got.map((payload) => [...payload])).toEqual(sent.map((payload) => [...payload]));
  });

  test("of requests that travel together one is refused, one fails, one is late and one is cancelled: the others are answered", async () => {
    const asker = await gateway();
    const id = fresh("w");
    const stopped: string[] = [];
    const bus = await connect({ role: "worker", id });
    bus.serve(workService(id), async ({ payload, signal }) => {
      const what = read(payload);
      if (what === "refuse") throw new Refusal("OVERLOADED", "queue is full", { retryable: true });
      if (what === "fail") throw new Error("secret detail");
      if (what === "late" || what === "cancel") return untilAborted(signal, () => stopped.push(what));
      return text(`${what} done`);
    });
    await bus.flush();
    const controller = new AbortController();
    const ask = (what: string, options = {}) =>
      asker.request(workService(id), text(what), { ...SOON, ...options }).then(read, (error: { code: string; details?: { reason?: string } }) => {
        return error.details?.reason ?? error.code;
      });
    const outcomes = [
      ...["a", "refuse", "b", "fail"].map((what) => ask(what)),
      ask("late", { timeoutMs: 60 }),
      ask("cancel", { signal: controller.signal }),
      ask("c"),
    ];
    expect(await outcomes[6]).toBe("c done");
    controller.abort(Object.assign(new Error("the client left"), { code: "LEFT" }));
    expect(await Promise.all(outcomes)).toEqual(["a done", "OVERLOADED", "b done", "HANDLER_FAILED", "DEADLINE", "LEFT", "c done"]);
    await expect.poll(() => stopped.toSorted()).toEqual(["cancel", "late"]);
  });

  test("small and large requests made together all come back whole", async () => {
    const asker = await gateway();
    const { service } = await workerOf(async ({ payload }) => payload.toReversed());
    const half = asker.payloadBytesMax / 2;
    const sizes = [1, half - 1, half, 3, half + 1, asker.payloadBytesMax + 1, 0, 2 * asker.payloadBytesMax, 9];
    const sent = sizes.map((size) => world().env.random.bytes(size));
    const got = await Promise.all(sent.map((payload) => asker.request(service, payload, SOON)));
    for (const [at, payload] of got.entries()) expect(Buffer.compare(payload, (sent[at] as Uint8Array).toReversed())).toBe(0);
  });

  test("of many requests nobody answers, each is told", async () => {
    const asker = await gateway();
    const codes = Array.from({ length: 5 }, () =>
      asker.request(workService("nobody"), text("x"), SOON).catch((error: { code: string }) => error.code),
    );
    expect(await Promise.all(codes)).toEqual(Array.from({ length: 5 }, () => "NO_RESPONDERS"));
  });

  test("notices reach all who listen; a handler that throws keeps listening", async () => {
    const listener = await gateway();
    const id = fresh("w");
    const heard: string[] = [];
    listener.listen(ALL_HEARTBEATS, ({ subject, payload }) => {
      heard.push(`${subject} ${read(payload)}`);
      throw new Error("not our concern");
    });
    await listener.flush();
    const worker = await connect({ role: "worker", id });
    for (const beat of ["1", "2"]) worker.notify(heartbeatSubject(id), text(beat));
    await expect.poll(() => heard).toEqual([`lamina.heartbeat.${id} 1`, `lamina.heartbeat.${id} 2`]);
  });

  test("what a peer may not do is an error, not a silence", async () => {
    const worker = await connect({ role: "worker", id: fresh("w") });
    await expect(worker.request(spendService("p"), text("x"), SOON)).rejects.toMatchObject({ code: "PERMISSION" });
    const refused = { code: "APPEND_REFUSED", retryable: false };
    await expect(worker.append(resultsSubject("other"), text("x"), { messageId: "x", timeoutMs: 2000 })).rejects.toMatchObject(refused);
  });

  test("one message id is stored once", async () => {
    const id = fresh("w");
    const { durable } = await world().addConsumer(fresh("s"), 1000);
    expect(durable).toMatch(/^sequencer-/);
    const worker = await connect({ role: "worker", id });
    const options = { messageId: `${id}-1`, timeoutMs: 2000 };
    const first = await worker.append(resultsSubject(id), text("a"), options);
    const second = await worker.append(resultsSubject(id), text("a"), options);
    expect([first.duplicate, second.duplicate, second.sequence === first.sequence]).toEqual([false, true, true]);
    const third = await worker.append(resultsSubject(id), text("a"), { ...options, messageId: `${id}-2` });
    expect(third).toMatchObject({ stream: "RESULTS", sequence: first.sequence + 1n, duplicate: false });
  });

  /** A consumer of only what is appended from here on, under a name of its own. */
  const consuming = async (ackWaitMs: number, attemptsMax: number) => {
    const sequencerId = fresh("s");
    const { stream, durable } = await world().addConsumer(sequencerId, ackWaitMs);
    const id = fresh("w");
    const worker = await connect({ role: "worker", id });
    const sequencer = await connect({ role: "sequencer", id: sequencerId });
    const queue: ConsumeQueue = { stream, durable, prefetch: 100, attemptsMax, retryDelayMaxMs: 50, ackWaitMs };
    const ours = (handler: (message: StreamMessage) => void | Promise<void>) => (message: StreamMessage) =>
      message.subject === resultsSubject(id) ? handler(message) : message.ack();
    const append = (value: string) => worker.append(resultsSubject(id), text(value), { messageId: `${id}-${value}`, timeoutMs: 2000 });
    return { sequencer, sequencerId, queue, ours, append };
  };

  test("a consumed message comes until it is acknowledged, in order, and not again after", async () => {
    const { sequencer, queue, ours, append } = await consuming(1000, 10);
    const got: string[] = [];
    await sequencer.consume(
      queue,
      ours((message) => {
        got.push(`${read(message.payload)} ${message.delivery}`);
        if (message.delivery === 1 && read(message.payload) === "b") message.nak(20);
        else if (message.delivery === 1 && read(message.payload) === "c") throw new Error("try me again");
        else message.ack();
      }),
    );
    for (const value of ["a", "b", "c"]) await append(value);
    await expect.poll(() => got.toSorted()).toEqual(["a 1", "b 1", "b 2", "c 1", "c 2"]);
    expect(got.slice(0, 3)).toEqual(["a 1", "b 1", "c 1"]);
    await world().env.timers.sleep(1500);
    expect(got).toHaveLength(5);
  });

  test("a message that is held does not come again, however long; one whose holder died does", async () => {
    const { sequencer, sequencerId, queue, ours, append } = await consuming(1000, 10);
    const held: StreamMessage[] = [];
    await sequencer.consume(
      queue,
      ours((message) => void held.push(message)),
    );
    await append("a");
    await world().env.timers.sleep(2600);
    expect(held.map((message) => message.delivery)).toEqual([1]);
    await sequencer.close();

    const next = await connect({ role: "sequencer", id: sequencerId });
    const again = Promise.withResolvers<number>();
    await next.consume(
      queue,
      ours((message) => {
        message.ack();
        again.resolve(message.delivery);
      }),
    );
    expect(await again.promise).toBe(2);
  });

  test("a message that always fails goes to the dead letters after its attempts, and no handler sees it again", async () => {
    const { sequencer, queue, ours, append } = await consuming(1000, 3);
    const before = await world().messagesIn("DEAD");
    let attempts = 0;
    await sequencer.consume(
      queue,
      ours(() => {
        attempts++;
        throw new Error("poison");
      }),
    );
    await append("poison");
    await expect.poll(() => world().messagesIn("DEAD"), { timeout: 10_000 }).toBe(before + 1);
    await world().env.timers.sleep(300);
    expect(attempts).toBe(3);
  });

  test("a message may be postponed as often as its handler likes", async () => {
    const { sequencer, queue, ours, append } = await consuming(1000, 2);
    const before = await world().messagesIn("DEAD");
    const deliveries: number[] = [];
    await sequencer.consume(
      queue,
      ours((message) => {
        deliveries.push(message.delivery);
        if (message.delivery < 6) message.nak(10);
        else message.ack();
      }),
    );
    await append("later");
    await expect.poll(() => deliveries, { timeout: 5_000 }).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await world().messagesIn("DEAD")).toBe(before);
  });

  test("drain answers what is under way and takes nothing new", async () => {
    const asker = await gateway();
    const started = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const { bus, service } = await workerOf(async () => {
      started.resolve();
      await finish.promise;
      return text("done");
    });
    const answer = asker.request(service, text("x"), SOON);
    await started.promise;
    const drained = bus.drain();
    await expect.poll(() => asker.request(service, text("late"), SOON).catch((error: { code: string }) => error.code)).toBe("NO_RESPONDERS");
    finish.resolve();
    expect(read(await answer)).toBe("done");
    await drained;
    await expect(bus.request(service, text("x"), SOON)).rejects.toMatchObject({ code: "BUS_CLOSED" });
  });

  test("close rejects what waits", async () => {
    const asker = await gateway();
    const { service } = await workerOf(({ signal }) => untilAborted(signal, () => undefined));
    const answer = asker.request(service, text("x"), SOON);
    await asker.flush();
    await asker.close();
    await expect(answer).rejects.toMatchObject({ code: "BUS_CLOSED" });
    expect(thrownBy(() => asker.notify(heartbeatSubject("w"), text("x")))).toMatchObject({ code: "BUS_CLOSED" });
  });

  test("after a broken connection services answer, listeners hear and consumers get what was appended", async () => {
    const asker = await gateway();
    const { bus, service } = await workerOf(({ payload, signal }) =>
      payload.length === 0 ? untilAborted(signal, () => undefined) : Promise.resolve(payload),
    );
    const { sequencer, queue, ours, append } = await consuming(1000, 10);
    const got: string[] = [];
    await sequencer.consume(
      queue,
      ours((message) => {
        message.ack();
        got.push(read(message.payload));
      }),
    );
    const heard: string[] = [];
    asker.listen(ALL_HEARTBEATS, ({ payload }) => heard.push(read(payload)));
    const statuses: string[] = [];
    asker.onStatus((status) => statuses.push(status.kind));
    await append("before");
    const waiting = asker.request(service, new Uint8Array(), { timeoutMs: 60_000 }).catch((error: { code: string }) => error.code);
    await world().interrupt(async () => {
      expect(await waiting).toBe("CONNECTION_LOST");
      await expect(asker.request(service, text("x"), SOON)).rejects.toMatchObject({ code: "CONNECTION_LOST", retryable: true });
    });
    await expect.poll(() => [asker.isConnected, bus.isConnected, sequencer.isConnected], { timeout: 10_000 }).toEqual([true, true, true]);
    expect(read(await asker.request(service, text("again"), SOON))).toBe("again");
    bus.notify(heartbeatSubject(service.name), text("alive"));
    await append("after");
    // A killed server may forget a verdict, never a message: at least once.
    await expect.poll(() => new Set(got), { timeout: 15_000 }).toEqual(new Set(["before", "after"]));
    await expect.poll(() => heard).toEqual(["alive"]);
    expect(statuses).toEqual(["disconnected", "connected"]);
  });
}

/** A handler that works until it is told to stop. */
function untilAborted(signal: AbortSignal, onAbort: () => void): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      onAbort();
      reject(new Error("stopped"));
    });
  });
}

function thrownBy(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
