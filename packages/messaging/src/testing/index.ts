export { natsBinary } from "./nats-binary.ts";
export { TestNats } from "./test-nats.ts";
