/** Level of each package: level n imports only levels below n. Source: STYLE, "The shape of the repository"; ARCHITECTURE.md. */
export const LEVELS: Readonly<Record<string, number>> = {
  primitives: 0,
  params: 1,
  protocol: 1,
  merkle: 1,
  telemetry: 1,
  onnx: 1,
  codec: 2,
  messaging: 3,
  api: 3,
  db: 3,
  court: 3,
  "light-client": 3,
  models: 4,
  rollup: 4,
  "chain-client": 4,
  inference: 5,
  sdk: 5,
};

/** Imports primitives alone, and is imported by tests alone. */
export const TESTING = "testing";

/** Folders whose code must also run in a browser: no Node built-in, no `Buffer`, no `process`. */
export const BROWSER_FOLDERS: readonly string[] = [
  "packages/primitives/src",
  "packages/params/src",
  "packages/protocol/src",
  "packages/merkle/src",
  "packages/codec/src",
  "packages/light-client/src",
  "packages/api/src",
  "packages/rollup/src",
  "packages/sdk/src",
];

/** Folders inside those that are for Node alone. */
export const NODE_FOLDERS: readonly string[] = ["packages/primitives/src/node", "packages/sdk/src/node"];
