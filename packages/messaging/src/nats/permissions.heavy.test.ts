import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { connect, type NatsConnection, PermissionViolationError } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeUserKeys } from "../authority/user-keys.ts";
import type { Grantee } from "../permissions.ts";
import { callSubject, resultsSubject, workService } from "../subjects.ts";
import { TestNats } from "../testing/test-nats.ts";
import { connectNats, connectNatsBus } from "./nats-bus.ts";

/**
 * The permission matrix, against the real server: what each role may do is written out here by hand, and every other subject of the universe below
 * must be refused. T18, T19.
 */
const STREAM_VERBS = [
  "CREATE",
  "UPDATE",
  "INFO",
  "DELETE",
  "PURGE",
  "SNAPSHOT",
  "RESTORE",
  "MSG.DELETE",
  "MSG.GET",
  "PEER.REMOVE",
  "PEER.EVACUATE",
  "CANCEL_MOVE",
  "LEADER.STEPDOWN",
];
const CONSUMER_VERBS = [
  "CREATE",
  "DURABLE.CREATE",
  "INFO",
  "DELETE",
  "PAUSE",
  "MSG.NEXT",
  "RESET",
  "UNPIN",
  "LEADER.STEPDOWN",
  "PEER.REMOVE",
  "PEER.EVACUATE",
];
const STREAMS = ["RESULTS", "DEAD", "HEADS", "OTHER"];
const DURABLES = ["sequencer-s1", "sequencer-s2", "gateway-g1", "gateway-g2", "mine"];

const JETSTREAM = [
  ...[
    "INFO",
    "STREAM.NAMES",
    "STREAM.LIST",
    "META.LEADER.STEPDOWN",
    "META.RESCUE",
    "SERVER.REMOVE",
    "SERVER.EVACUATE",
    "ACCOUNT.PURGE.A",
    "ACCOUNT.STREAM.MOVE.A.RESULTS",
    "ACCOUNT.STREAM.CANCEL_MOVE.A.RESULTS",
  ],
  ...STREAMS.flatMap((stream) => STREAM_VERBS.map((verb) => `STREAM.${verb}.${stream}`)),
  ...STREAMS.flatMap((stream) => ["CONSUMER.NAMES", "CONSUMER.LIST", "CONSUMER.CREATE", "DIRECT.GET"].map((verb) => `${verb}.${stream}`)),
  ...STREAMS.flatMap((stream) => ["results", "heads"].map((kind) => `DIRECT.GET.${stream}.lamina.${kind}.w1`)),
  ...STREAMS.flatMap((stream) => DURABLES.flatMap((durable) => CONSUMER_VERBS.map((verb) => `CONSUMER.${verb}.${stream}.${durable}`))),
  ...STREAMS.flatMap((stream) => DURABLES.map((durable) => `CONSUMER.CREATE.${stream}.${durable}.lamina.results.w1`)),
].map((verb) => `$JS.API.${verb}`);

const ACKS = ["RESULTS", "DEAD", "HEADS"].flatMap((stream) => DURABLES.map((durable) => `$JS.ACK.${stream}.${durable}.1.1.1.1.0`));

const SYSTEM = [
  "$SYS.REQ.CLAIMS.UPDATE",
  "$SYS.REQ.CLAIMS.DELETE",
  "$SYS.REQ.CLAIMS.LIST",
  "$SYS.REQ.SERVER.PING",
  "$SYS.REQ.SERVER.PING.CONNZ",
  "$SYS.REQ.ACCOUNT.A.CLAIMS.UPDATE",
  "$SYS.REQ.USER.INFO",
  "$SYS.ACCOUNT.A.CONNECT",
];

const OURS = [
  ...["w1", "w2"].flatMap((id) => [
    `results.${id}`,
    `heartbeat.${id}`,
    `heads.${id}`,
    `work.${id}.call`,
    `work.${id}.bundle`,
    `work.${id}.part.m`,
    `work.${id}.cancel`,
    `work.${id}.cancel-job`,
  ]),
  ...["p1", "p2"].flatMap((id) => [`spend.${id}.call`, `spend.${id}.bundle`, `spend.${id}.part.m`, `spend.${id}.cancel`, `spend.${id}.cancel-job`]),
  ...["s1", "s2"].map((id) => `preconfirm.${id}`),
  ...["RESULTS", "HEADS"].flatMap((stream) => DURABLES.map((durable) => `dead.${stream}.${durable}`)),
  ...["work.w1", "work.w2", "spend.p1", "spend.p2"].flatMap((service) =>
    ["gateway.g1", "gateway.g2", "sequencer.s1", "sequencer.s2"].map((peer) => `reply.${service}.${peer}.i.0`),
  ),
  ...["worker.w1", "worker.w2", "gateway.g1", "gateway.g2", "sequencer.s1", "sequencer.s2", "admin.a1", "system.y1"].map((peer) => `inbox.${peer}.x`),
  "results",
  "results.w1.deeper",
  "other",
].map((subject) => `lamina.${subject}`);

const FOREIGN = [
  "_INBOX.x",
  "_R_.x",
  "$KV.b.k",
  "$OBJ.b.C.k",
  "$JSC.R.x",
  "$NRG.V.x",
  "$MQTT.x",
  "$JS.FC.RESULTS.mine.x",
  "$JS.SNAPSHOT.ACK.x.y",
  "$JS.EVENT.ADVISORY.API",
  "$JS.other.API.STREAM.DELETE.RESULTS",
  "anything",
];

const PUBLISH_UNIVERSE = [...JETSTREAM, ...ACKS, ...SYSTEM, ...OURS, ...FOREIGN];
const WILDCARDS = [
  ">",
  "*",
  "*.*",
  "lamina.>",
  "lamina.*.w1",
  "lamina.*.w1.>",
  "lamina.work.>",
  "lamina.work.*.call",
  "lamina.spend.>",
  "lamina.reply.>",
  "lamina.reply.*.*.gateway.*.*.*",
  "lamina.inbox.>",
  "lamina.results.*",
  "lamina.dead.*.*",
  "lamina.preconfirm.*",
  "lamina.heartbeat.*",
  "lamina.heads.*",
  "lamina.heads.>",
  "lamina.heartbeat.>",
  "lamina.preconfirm.>",
  "$JS.>",
  "$JS.API.>",
  "$JS.EVENT.>",
  "$SYS.>",
  "_INBOX.>",
];
const SUBSCRIBE_UNIVERSE = [...PUBLISH_UNIVERSE, ...WILDCARDS];

interface Row {
  readonly grantee: Grantee;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

// The server lets a last `>` through where `*` is allowed; nobody may publish that deep (first test), so it adds nothing.
const heads = ["lamina.heads.w1", "lamina.heads.w2", "lamina.heads.*", "lamina.heads.>"];
/** What it takes to read one's own durable consumer. */
const reading = (stream: string, durable: string) => [
  `lamina.dead.${stream}.${durable}`,
  `$JS.ACK.${stream}.${durable}.1.1.1.1.0`,
  `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
];
const MATRIX: readonly Row[] = [
  {
    grantee: { role: "worker", id: "w1" },
    publish: [
      ...["lamina.results.w1", "lamina.heartbeat.w1", "lamina.heads.w1"],
      ...["gateway.g1", "gateway.g2", "sequencer.s1", "sequencer.s2"].map((peer) => `lamina.reply.work.w1.${peer}.i.0`),
    ],
    subscribe: [
      "lamina.work.w1.call",
      "lamina.work.w1.bundle",
      "lamina.work.w1.part.m",
      "lamina.work.w1.cancel",
      "lamina.work.w1.cancel-job",
      "lamina.inbox.worker.w1.x",
      ...heads,
    ],
  },
  {
    grantee: { role: "gateway", id: "g1", spenderIds: ["p1"] },
    publish: [
      ...["w1", "w2"].flatMap((id) => [
        `lamina.work.${id}.call`,
        `lamina.work.${id}.bundle`,
        `lamina.work.${id}.part.m`,
        `lamina.work.${id}.cancel`,
        `lamina.work.${id}.cancel-job`,
      ]),
      ...["gateway.g1", "gateway.g2", "sequencer.s1", "sequencer.s2"].map((peer) => `lamina.reply.spend.p1.${peer}.i.0`),
      ...reading("HEADS", "gateway-g1"),
    ],
    subscribe: [
      ...["work.w1", "work.w2", "spend.p1", "spend.p2"].map((service) => `lamina.reply.${service}.gateway.g1.i.0`),
      ...[
        "lamina.spend.p1.call",
        "lamina.spend.p1.bundle",
        "lamina.spend.p1.part.m",
        "lamina.spend.p1.cancel",
        "lamina.spend.p1.cancel-job",
        "lamina.inbox.gateway.g1.x",
      ],
      ...[
        "lamina.heartbeat.w1",
        "lamina.heartbeat.w2",
        "lamina.heartbeat.*",
        "lamina.heartbeat.>",
        "lamina.preconfirm.>",
        "lamina.preconfirm.s1",
        "lamina.preconfirm.s2",
        "lamina.preconfirm.*",
        ...heads,
      ],
    ],
  },
  {
    grantee: { role: "sequencer", id: "s1" },
    publish: [
      ...["p1", "p2"].flatMap((id) => [
        `lamina.spend.${id}.call`,
        `lamina.spend.${id}.bundle`,
        `lamina.spend.${id}.part.m`,
        `lamina.spend.${id}.cancel`,
      ]),
      "lamina.preconfirm.s1",
      ...reading("RESULTS", "sequencer-s1"),
      ...reading("HEADS", "sequencer-s1"),
    ],
    subscribe: [
      ...["work.w1", "work.w2", "spend.p1", "spend.p2"].map((service) => `lamina.reply.${service}.sequencer.s1.i.0`),
      "lamina.inbox.sequencer.s1.x",
      ...heads,
    ],
  },
  {
    grantee: { role: "admin", id: "a1" },
    publish: [
      ...["RESULTS", "DEAD", "HEADS"].flatMap((stream) => ["INFO", "CREATE", "UPDATE"].map((verb) => `$JS.API.STREAM.${verb}.${stream}`)),
      ...["RESULTS", "HEADS"].flatMap((stream) =>
        DURABLES.flatMap((durable) => [
          `$JS.API.CONSUMER.CREATE.${stream}.${durable}`,
          `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
          `$JS.API.CONSUMER.CREATE.${stream}.${durable}.lamina.results.w1`,
        ]),
      ),
      "$JS.API.STREAM.MSG.GET.DEAD",
    ],
    subscribe: ["lamina.inbox.admin.a1.x"],
  },
  { grantee: { role: "system", id: "y1" }, publish: ["$SYS.REQ.CLAIMS.UPDATE"], subscribe: ["lamina.inbox.system.y1.x"] },
];

const env = nodeEnv();
let directory: string;
let nats: TestNats;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lamina-nats-"));
  nats = await TestNats.start(env, directory);
  await nats.setUpStreams(["s1", "s2"]);
});

afterAll(async () => {
  await nats?.stop();
  await rm(directory, { recursive: true, force: true });
});

test.each(MATRIX)("$grantee.role may publish where the matrix says and nowhere else", async ({ grantee, publish }) => {
  const connection = await connectNats(await nats.credentialsOf(grantee));
  const refused = await refusals(connection, "publish", () => {
    for (const subject of PUBLISH_UNIVERSE) connection.publish(subject, "{}");
  });
  const allowed = PUBLISH_UNIVERSE.filter((subject) => !refused.has(subject));
  expect(allowed.toSorted()).toEqual(publish.toSorted());
  await connection.close();
});

test.each(MATRIX)("$grantee.role may subscribe where the matrix says and nowhere else", async ({ grantee, subscribe }) => {
  const connection = await connectNats(await nats.credentialsOf(grantee));
  const refused = await refusals(connection, "subscription", () => {
    // Unsubscribed at once, since the number of open subscriptions is limited too.
    for (const subject of SUBSCRIBE_UNIVERSE) connection.subscribe(subject, { callback: () => undefined }).unsubscribe();
  });
  const allowed = SUBSCRIBE_UNIVERSE.filter((subject) => !refused.has(subject));
  expect(allowed.toSorted()).toEqual(subscribe.toSorted());
  await connection.close();
});

test("a credential of one key is no use to another key, and no credential none at all", async () => {
  const options = await nats.credentialsOf({ role: "gateway", id: "g1", spenderIds: [] });
  const stranger = { ...options, credentials: { ...options.credentials, seed: makeUserKeys().seed } };
  await expect(connectNats(stranger)).rejects.toMatchObject({ code: "BUS_CONNECT", retryable: false });
  await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/authorization/i);
});

test("a token signed by another operator is refused", async () => {
  const other = await mkdtemp(join(tmpdir(), "lamina-nats-"));
  const foreign = await TestNats.start(env, other);
  const options = await foreign.credentialsOf({ role: "admin", id: "a1" });
  await expect(connectNats({ ...options, servers: [nats.url] })).rejects.toMatchObject({ code: "BUS_CONNECT", retryable: false });
  await foreign.stop();
  await rm(other, { recursive: true, force: true });
});

/** Verbs that would destroy, with the bodies that the server acts on. */
const DESTRUCTIVE = [
  "$JS.API.STREAM.PURGE.RESULTS",
  "$JS.API.STREAM.DELETE.RESULTS",
  "$JS.API.STREAM.MSG.DELETE.RESULTS",
  "$JS.API.CONSUMER.DELETE.RESULTS.sequencer-s1",
];

test("what the stream holds survives every admin verb sent by a worker, directly and as a reply subject of what it may send", async () => {
  const options = await nats.credentialsOf({ role: "worker", id: "w1" });
  const connection = await connectNats(options);
  const admin = await nats.connectAdmin();
  const before = await admin.streamState("RESULTS");
  for (const verb of DESTRUCTIVE) {
    for (const body of ["", "{}", '{"seq":1}']) {
      connection.publish(verb, body);
      // The server publishes the acknowledgement of an append wherever its sender says. It must not do so as an order to itself.
      connection.publish(resultsSubject("w1"), body, { reply: verb });
    }
  }
  await connection.flush();
  const bus = await connectNatsBus(options, { env, onFault: () => undefined });
  const last = await bus.append(resultsSubject("w1"), new Uint8Array([2]), { messageId: "after", timeoutMs: 2000 });
  const after = await admin.streamState("RESULTS");
  const sent = BigInt(3 * DESTRUCTIVE.length + 1);
  expect(after).toMatchObject({ messages: before.messages + sent, lastSequence: before.lastSequence + sent });
  expect(last.sequence).toBe(after.lastSequence);
  await admin.close();
  await bus.close();
  await connection.close();
});

test("what the stream holds survives a sequencer that asks for its messages to be delivered as orders", async () => {
  const worker = await nats.connect({ role: "worker", id: "w1" });
  for (const [index, body] of ["", "{}", '{"seq":1}', '{"seq":1000000}'].entries()) {
    await worker.append(resultsSubject("w1"), new TextEncoder().encode(body), { messageId: `order-${index}`, timeoutMs: 2000 });
  }
  const admin = await nats.connectAdmin();
  const before = await admin.streamState("RESULTS");
  const connection = await connectNats(await nats.credentialsOf({ role: "sequencer", id: "s2" }));
  for (const verb of DESTRUCTIVE) connection.publish("$JS.API.CONSUMER.MSG.NEXT.RESULTS.sequencer-s2", '{"batch":100}', { reply: verb });
  await connection.flush();
  // The admin's question is answered after the deliveries that were asked for before it.
  await env.timers.sleep(300);
  expect(await admin.streamState("RESULTS")).toEqual(before);
  await connection.close();
  await admin.close();
  await worker.close();
});

test("a credential ends at its time, and the connection goes on with the one that took its place", async () => {
  const keys = makeUserKeys();
  const grantee = { role: "worker", id: "w5" } as const;
  nats.standings.set("w5", { kind: "bonded", natsPublicKey: keys.publicKey });
  const short = async () => (await nats.authority.mintUser(grantee, keys.publicKey, 1500)).jwt;
  let jwt = await short();
  const renewing = await connectNatsBus(
    { peer: grantee, servers: [nats.url], credentials: { userJwt: () => jwt, seed: keys.seed } },
    { env, onFault: () => undefined },
  );
  const first = jwt;
  const ending = await connectNats({ peer: grantee, servers: [nats.url], credentials: { userJwt: () => first, seed: keys.seed } });
  jwt = (await nats.authority.mintUser(grantee, keys.publicKey, 60_000)).jwt;
  const reconnected = Promise.withResolvers<void>();
  renewing.onStatus((status) => status.kind === "connected" && reconnected.resolve());
  expect(await ending.closed()).toBeInstanceOf(Error);
  await reconnected.promise;
  await renewing.append(resultsSubject("w5"), new Uint8Array([5]), { messageId: "renewed", timeoutMs: 2000 });
  await renewing.close();
});

test("a responder does not publish where a requester has no business", async () => {
  const worker = await nats.connect({ role: "worker", id: "w1" });
  const faults: string[] = [];
  const guarded = await nats.connect({ role: "worker", id: "w3" }, (what) => faults.push(what));
  let handled = 0;
  guarded.serve(workService("w3"), async () => {
    handled++;
    return new Uint8Array();
  });
  await guarded.flush();
  const gateway = await connectNats(await nats.credentialsOf({ role: "gateway", id: "g1", spenderIds: [] }));
  for (const reply of ["lamina.results.w3", "lamina.heads.w3", "$JS.API.STREAM.DELETE.RESULTS", "lamina.reply.work.w1.gateway.g1.i.0"]) {
    gateway.publish(callSubject(workService("w3")), "", { reply });
  }
  await gateway.flush();
  await guarded.drain();
  expect({ handled, faults: faults.length }).toEqual({ handled: 0, faults: 4 });
  await gateway.close();
  await worker.close();
});

test("a revoked worker is cut off at once, cannot return, not even after a restart with the old configuration, and may be let in anew", async () => {
  const keys = makeUserKeys();
  const options = await nats.credentialsOf({ role: "worker", id: "w9" }, keys);
  const stays = await nats.connect({ role: "worker", id: "w8" });
  const connection = await connectNats(options);
  await nats.authority.revoke(keys.publicKey);
  await connection.closed();
  await expect(connectNats(options)).rejects.toMatchObject({ code: "BUS_CONNECT", retryable: false });
  expect(stays.isConnected).toBe(true);

  await nats.kill();
  await nats.boot();
  await expect(connectNats(options)).rejects.toMatchObject({ code: "BUS_CONNECT", retryable: false });

  const renewed = await connectNats(await nats.credentialsOf({ role: "worker", id: "w9" }, keys));
  await renewed.close();
  await stays.close();
});

test("a worker that the chain no longer vouches for loses its credential at the next sweep, and gets none before", async () => {
  const keys = makeUserKeys();
  const worker = { role: "worker", id: "w7" } as const;
  await expect(nats.authority.mintUser(worker, keys.publicKey, 60_000)).rejects.toMatchObject({ code: "BOND_REFUSED" });
  const connection = await connectNats(await nats.credentialsOf(worker, keys));
  await expect(nats.authority.mintUser(worker, makeUserKeys().publicKey, 60_000)).rejects.toMatchObject({ code: "BOND_REFUSED" });
  nats.standings.set("w7", { kind: "not-bonded", reason: "jailed" });
  expect(await nats.authority.sweep()).toContain("w7");
  await connection.closed();
  expect(await nats.authority.sweep()).not.toContain("w7");
});

/** The subjects that the server refused during `act`. */
async function refusals(connection: NatsConnection, operation: "publish" | "subscription", act: () => void): Promise<Set<string>> {
  const refused = new Set<string>();
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === "error" && status.error instanceof PermissionViolationError && status.error.operation === operation)
        refused.add(status.error.subject);
    }
  })();
  act();
  // The server answers in order: what it refuses is refused before the pong.
  await connection.flush();
  await new Promise((resolve) => setImmediate(resolve));
  return refused;
}
