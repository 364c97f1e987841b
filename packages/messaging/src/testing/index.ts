export type { MemoryBrokerOptions } from "./memory-broker.ts";
export { MemoryBroker } from "./memory-broker.ts";
export { natsBinary } from "./nats-binary.ts";
export { TestCluster } from "./test-cluster.ts";
export { TestNats } from "./test-nats.ts";
