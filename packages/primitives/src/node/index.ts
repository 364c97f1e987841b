export { CrashPointError } from "./crash-points.ts";
export type { NodeEnvOptions } from "./node-env.ts";
export { nodeEnv } from "./node-env.ts";
export { inheritedChannel } from "./node-streams.ts";
