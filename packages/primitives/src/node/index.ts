export { CrashPointError } from "./crash-points.ts";
export { type NodeSigner, nodeEd25519Signer, nodeEd25519Verify, nodeEd25519VerifyLater } from "./node-ed25519.ts";
export type { NodeEnvOptions } from "./node-env.ts";
export { nodeEnv } from "./node-env.ts";
export { nodeSha256 } from "./node-sha256.ts";
export { inheritedChannel } from "./node-streams.ts";
export { type StateLock, StateLockedError, takeStateLock } from "./state-lock.ts";
