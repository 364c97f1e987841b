import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnv } from "@lamina/primitives/node";
import { afterAll, beforeAll, describe } from "vitest";
import { resultsConsumer } from "../streams.ts";
import { busContract } from "../testing/bus-contract.ts";
import { TestNats } from "../testing/test-nats.ts";
import type { StreamAdmin } from "./nats-admin.ts";

const env = nodeEnv();
let directory: string;
let nats: TestNats;
let admin: StreamAdmin;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "lamina-nats-"));
  nats = await TestNats.start(env, directory);
  await nats.setUpStreams([]);
  admin = await nats.connectAdmin();
});

afterAll(async () => {
  await admin?.close();
  await nats?.stop();
  await rm(directory, { recursive: true, force: true });
});

describe("the bus over NATS", () => {
  busContract(() => ({
    env,
    connect: (grantee, onFault) => nats.connect(grantee, onFault),
    addConsumer: async (sequencerId, ackWaitMs) => {
      const spec = { ...resultsConsumer(sequencerId), ackWaitMs };
      await admin.ensureConsumer(spec);
      return spec;
    },
    messagesIn: async (stream) => Number((await admin.streamState(stream)).messages),
    // The server is killed, not stopped: what was acknowledged before must be there after.
    interrupt: async (meanwhile) => {
      await nats.kill();
      await meanwhile();
      await nats.boot();
    },
  }));
});
