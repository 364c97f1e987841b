import { nodeEnv } from "@lamina/primitives/node";
import { describe } from "vitest";
import type { Grantee } from "./permissions.ts";
import { deadStream, resultsConsumer, resultsStream } from "./streams.ts";
import { busContract } from "./testing/bus-contract.ts";
import { MemoryBroker } from "./testing/memory-broker.ts";

const env = nodeEnv();

describe("the bus in memory", () => {
  const broker = new MemoryBroker(env);
  broker.addStream(resultsStream({ replicas: 1 }));
  broker.addStream(deadStream({ replicas: 1 }));
  const peers: Grantee[] = [];
  busContract(() => ({
    env,
    connect: async (grantee, onFault) => {
      peers.push(grantee);
      return broker.connect(grantee, onFault);
    },
    addConsumer: async (sequencerId, ackWaitMs) => {
      const spec = { ...resultsConsumer(sequencerId), ackWaitMs };
      broker.addConsumer(spec);
      return spec;
    },
    messagesIn: async (stream) => broker.stream(stream).messages,
    interrupt: async (meanwhile) => {
      for (const peer of peers) broker.disconnect(peer);
      await meanwhile();
      for (const peer of peers) broker.reconnect(peer);
    },
  }));
});
