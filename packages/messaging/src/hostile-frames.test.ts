import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { HEADER } from "./frames.ts";
import { callSubject, cancelSubject, partSubject, replySubject, type Subject, workService } from "./subjects.ts";
import { MemoryBroker } from "./testing/memory-broker.ts";
import type { Headers, TransportMessage } from "./transport.ts";

const GATEWAY = { role: "gateway", id: "g1", spenderIds: [] } as const;
const SERVICE = workService("w1");
const LIMIT = 16 * 1024 * 1024;
const EMPTY = new Uint8Array();
const bytes = (size: number) => new Uint8Array(size);

/** A worker of ours and somebody with a gateway's rights who frames as they like. */
function hostileRequester() {
  const env = fakeEnv(1);
  const broker = new MemoryBroker(env);
  const faults: string[] = [];
  const handled: number[] = [];
  const worker = broker.connect({ role: "worker", id: "w1" }, (what) => faults.push(what));
  worker.serve(SERVICE, async ({ payload, signal }) => {
    handled.push(payload.length);
    if (payload.length > 0) return payload;
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
  });
  let calls = 0;
  const newReply = () => replySubject(SERVICE, GATEWAY, "i", String(calls++));
  const call = (headers: Headers, payload: Uint8Array = bytes(1), reply: string | undefined = newReply()) =>
    broker.publish(callSubject(SERVICE), payload, reply, headers);
  const replies: TransportMessage[] = [];
  const watch = () =>
    broker.subscribe({
      connection: { isUp: true } as never,
      filter: "lamina.reply.>",
      queue: undefined,
      onMessage: (message) => void replies.push(message),
    });
  watch();
  return { env, broker, faults, handled, worker, call, newReply, replies };
}

test.each<[string, Headers]>([
  ["no timeout", {}],
  ["a timeout of no number", { [HEADER.timeoutMs]: "soon" }],
  ["a timeout of years", { [HEADER.timeoutMs]: "99999999999" }],
  ["a size beyond the limit", { [HEADER.timeoutMs]: "100", [HEADER.size]: String(LIMIT + 1), [HEADER.chunks]: "20" }],
  ["a size without a count", { [HEADER.timeoutMs]: "100", [HEADER.size]: "10" }],
  ["a million chunks", { [HEADER.timeoutMs]: "100", [HEADER.size]: "1000000", [HEADER.chunks]: "1000000" }],
  ["more bytes than it announced", { [HEADER.timeoutMs]: "100", [HEADER.size]: "0", [HEADER.chunks]: "2" }],
])("a request with %s is answered as malformed and run by nobody", async (_, headers) => {
  const { env, call, handled, faults, replies } = hostileRequester();
  call(headers);
  await env.advance(0);
  expect({ handled, faults: faults.length, errors: replies.map((reply) => reply.header(HEADER.error)) }).toEqual({
    handled: [],
    faults: 1,
    errors: ["BAD_FRAME"],
  });
  expect(env.time.pendingTimers).toBe(0);
});

test("a request without a reply subject, or with one in use, is dropped", async () => {
  const { env, broker, call, newReply, handled, faults } = hostileRequester();
  broker.publish(callSubject(SERVICE), bytes(1), undefined, { [HEADER.timeoutMs]: "100" });
  const reply = newReply();
  call({ [HEADER.timeoutMs]: "1000" }, EMPTY, reply);
  call({ [HEADER.timeoutMs]: "1000" }, bytes(7), reply);
  await env.advance(0);
  expect([handled, faults.length]).toEqual([[0], 2]);
});

test("chunks that never come, come twice or belong to nobody hold nothing beyond the deadline", async () => {
  const { env, broker, call, newReply, handled, faults, replies } = hostileRequester();
  const announced = { [HEADER.timeoutMs]: "1000", [HEADER.size]: "30", [HEADER.chunks]: "3" };
  const [silent, twice] = [newReply(), newReply()];
  call(announced, bytes(10), silent);
  call(announced, bytes(10), twice);
  await env.advance(0);
  const member = replies[0]?.header(HEADER.continue) ?? "";
  const part = (reply: Subject, index: string) => broker.publish(partSubject(SERVICE, member), bytes(10), reply, { [HEADER.chunk]: index });
  part(twice, "1");
  part(twice, "1");
  part(twice, "2");
  part(newReply(), "1");
  await env.advance(2_000);
  expect([handled, faults.length, env.time.pendingTimers]).toEqual([[], 1, 0]);
});

test("announced bytes are bounded in sum, and the sum falls when they expire", async () => {
  const { env, call, replies } = hostileRequester();
  const announced = { [HEADER.timeoutMs]: "1000", [HEADER.size]: String(LIMIT), [HEADER.chunks]: "20" };
  const outcomes = async () => {
    replies.length = 0;
    for (let index = 0; index < 6; index++) call(announced, bytes(1));
    await env.advance(0);
    return replies.map((reply) => reply.header(HEADER.error) ?? "continue");
  };
  const expected = ["continue", "continue", "continue", "continue", "OVERLOADED", "OVERLOADED"];
  expect(await outcomes()).toEqual(expected);
  await env.advance(1_001);
  expect(await outcomes()).toEqual(expected);
});

test("a cancellation of what is not there is nothing", async () => {
  const { env, broker, faults, newReply } = hostileRequester();
  broker.publish(cancelSubject(SERVICE), EMPTY, newReply(), undefined);
  broker.publish(cancelSubject(SERVICE), EMPTY, undefined, undefined);
  await env.advance(0);
  expect(faults).toEqual([]);
});

/** A gateway of ours and a worker that answers as it likes, once for each frame. */
async function answeredWith(
  frames: readonly { readonly headers?: Headers; readonly size: number; readonly as?: (reply: string) => string }[],
): Promise<unknown> {
  const env = fakeEnv(1);
  const broker = new MemoryBroker(env);
  const answer = ({ reply }: TransportMessage) => {
    for (const { headers, size, as } of frames) broker.publish((as?.(reply ?? "") ?? reply) as Subject, bytes(size), undefined, headers);
  };
  broker.subscribe({ connection: { isUp: true } as never, filter: callSubject(SERVICE), queue: undefined, onMessage: answer });
  const gateway = broker.connect(GATEWAY);
  const result = gateway.request(SERVICE, bytes(1), { timeoutMs: 1000 }).then(
    (payload) => payload.length,
    (error: { code: string }) => error.code,
  );
  return env.time.run(result);
}

test.each<[string, Parameters<typeof answeredWith>[0], unknown]>([
  ["a plain answer", [{ size: 3 }], 3],
  ["two answers: the first counts", [{ size: 3 }, { size: 4 }], 3],
  ["a chunk that was not announced", [{ size: 3, headers: { [HEADER.chunk]: "0" } }], "BAD_FRAME"],
  ["chunks out of order", [{ size: 3, headers: { [HEADER.size]: "6", [HEADER.chunks]: "2", [HEADER.chunk]: "1" } }], "BAD_FRAME"],
  ["more than the limit", [{ size: 3, headers: { [HEADER.size]: String(LIMIT + 1), [HEADER.chunks]: "2", [HEADER.chunk]: "0" } }], "BAD_FRAME"],
  ["a call for chunks that there are not", [{ size: 0, headers: { [HEADER.continue]: "m" } }], "BAD_FRAME"],
  ["half an answer", [{ size: 3, headers: { [HEADER.size]: "6", [HEADER.chunks]: "2", [HEADER.chunk]: "0" } }], "DEADLINE"],
  ["another worker's answer (T18)", [{ size: 3, as: (reply) => reply.replace(".w1.", ".w2.") }], "DEADLINE"],
  ["another service's answer", [{ size: 3, as: (reply) => reply.replace(".work.", ".spend.") }], "DEADLINE"],
  ["an answer to another call", [{ size: 3, as: (reply) => `${reply}1` }], "DEADLINE"],
])("a request met by %s", async (_, frames, outcome) => {
  expect(await answeredWith(frames)).toBe(outcome);
});
