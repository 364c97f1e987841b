export { CrashPointError } from "./crash-points.ts";
export { type NodeSigner, nodeEd25519Signer, nodeEd25519Verify } from "./node-ed25519.ts";
export type { NodeEnvOptions } from "./node-env.ts";
export { nodeEnv } from "./node-env.ts";
export { inheritedChannel } from "./node-streams.ts";
