import { fakeEnv } from "@lamina/testing";
import { expect, test } from "vitest";
import { type BundledAnswer, type BundledCall, writeAnswerBundle, writeCallBundle } from "./bundles.ts";
import { HEADER } from "./frames.ts";
import { bundleSubject, callSubject, cancelSubject, partSubject, replySubject, type Subject, workService } from "./subjects.ts";
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

test.each<[string, readonly BundledCall[] | Uint8Array]>([
  ["no protobuf", bytes(9).fill(255)],
  ["nothing", []],
  ["a timeout of years", [call("a"), { ...call("b"), timeoutMs: 999_999_999 }]],
  ["one call twice", [call("a"), call("a")]],
  ["another's subject", [call("a"), call("x.y")]],
])("a bundle with %s is answered as malformed and nothing of it is run", async (_, bundle) => {
  const { env, broker, handled, faults, newReply, replies } = hostileRequester();
  broker.publish(bundleSubject(SERVICE), bundle instanceof Uint8Array ? bundle : writeCallBundle(bundle), newReply(), undefined);
  await env.advance(0);
  expect([handled, faults.length, replies.map((reply) => reply.header(HEADER.error))]).toEqual([[], 1, ["BAD_FRAME"]]);
  expect(env.time.pendingTimers).toBe(0);
});

test("a bundle without a reply subject of its service is dropped", async () => {
  const { env, broker, handled, faults, newReply, replies } = hostileRequester();
  for (const reply of [undefined, newReply().replace(".w1.", ".w2."), "$JS.API.STREAM.DELETE.RESULTS"])
    broker.publish(bundleSubject(SERVICE), writeCallBundle([call("a")]), reply, undefined);
  await env.advance(0);
  expect([handled, faults.length, replies]).toEqual([[], 3, []]);
});

test("a call that is under way already is not run again for being in a bundle; its neighbours are run", async () => {
  const { env, broker, handled, faults, newReply } = hostileRequester();
  const bundle = (calls: readonly BundledCall[]) => broker.publish(bundleSubject(SERVICE), writeCallBundle(calls), newReply(), undefined);
  bundle([{ ...call("a"), payload: EMPTY }]);
  bundle([{ ...call("a"), payload: bytes(5) }, call("b")]);
  await env.advance(0);
  expect([handled, faults]).toEqual([[0, 1], ["a repeated call was dropped"]]);
});

function call(id: string): BundledCall {
  return { id, timeoutMs: 1_000, payload: bytes(1) };
}

/** A gateway of ours that asks three things at once, and a worker that answers the bundle as it likes. */
async function bundleAnsweredWith(answer: (ids: readonly string[]) => readonly BundledAnswer[] | Uint8Array, as = (reply: string) => reply) {
  const env = fakeEnv(1);
  const broker = new MemoryBroker(env);
  const onMessage = ({ reply = "" }: TransportMessage) => {
    const asker = reply.slice(0, reply.lastIndexOf(".") + 1);
    const answered = answer(["0", "1", "2"]);
    broker.publish(as(`${asker}_`) as Subject, answered instanceof Uint8Array ? answered : writeAnswerBundle(answered), undefined, undefined);
  };
  broker.subscribe({ connection: { isUp: true } as never, filter: bundleSubject(SERVICE), queue: undefined, onMessage });
  const gateway = broker.connect(GATEWAY);
  const outcome = (size: number) =>
    gateway.request(SERVICE, bytes(size), { timeoutMs: 1000 }).then(
      (payload) => payload.length,
      (error: { code: string }) => error.code,
    );
  return env.time.run(Promise.all([outcome(10), outcome(11), outcome(12)]));
}

const answerTo = (id: string, size: number, error = ""): BundledAnswer => ({ id, payload: bytes(size), error, retryable: false });

test.each<[string, Parameters<typeof bundleAnsweredWith>, unknown]>([
  ["all answers", [(ids) => ids.map((id) => answerTo(id, 3))], [3, 3, 3]],
  ["answers in another order", [() => [answerTo("2", 5), answerTo("0", 3), answerTo("1", 4)]], [3, 4, 5]],
  ["fewer answers", [() => [answerTo("1", 4)]], ["DEADLINE", 4, "DEADLINE"]],
  ["more answers", [(ids) => [...ids, "3", "zz"].map((id) => answerTo(id, 3))], [3, 3, 3]],
  ["a refusal among answers", [() => [answerTo("0", 3), answerTo("1", 0, "OVERLOADED"), answerTo("2", 5)]], [3, "SERVICE_REFUSED", 5]],
  ["one answer twice", [() => [answerTo("0", 3), answerTo("1", 4), answerTo("2", 5), answerTo("0", 9)]], ["BAD_FRAME", "BAD_FRAME", "BAD_FRAME"]],
  ["garbage", [() => bytes(9).fill(255)], ["BAD_FRAME", "BAD_FRAME", "BAD_FRAME"]],
  [
    "another worker's answers (T18)",
    [(ids) => ids.map((id) => answerTo(id, 3)), (reply) => reply.replace(".w1.", ".w2.")],
    ["DEADLINE", "DEADLINE", "DEADLINE"],
  ],
  ["another worker's garbage (T18)", [() => bytes(9).fill(255), (reply) => reply.replace(".w1.", ".w2.")], ["DEADLINE", "DEADLINE", "DEADLINE"]],
])("a bundle met by %s", async (_, [answer, as], outcomes) => {
  expect(await bundleAnsweredWith(answer, as)).toEqual(outcomes);
});

test("a service that takes no bundles is asked one by one", async () => {
  const env = fakeEnv(1);
  const broker = new MemoryBroker(env);
  const answer = ({ reply, payload }: TransportMessage) => broker.publish(reply as Subject, payload, undefined, undefined);
  broker.subscribe({ connection: { isUp: true } as never, filter: callSubject(SERVICE), queue: undefined, onMessage: answer });
  const gateway = broker.connect(GATEWAY);
  const asked = [1, 2, 3].map((size) => gateway.request(SERVICE, bytes(size), { timeoutMs: 1000 }));
  const got = await env.time.run(Promise.all(asked));
  expect(got.map((payload) => payload.length)).toEqual([1, 2, 3]);
  expect(env.time.pendingTimers).toBe(0);
});
