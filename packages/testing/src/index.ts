export type { FakeEnv, FakeEnvOptions } from "./fake-env.ts";
export { fakeEnv } from "./fake-env.ts";
export { FakeFiles } from "./fake-files.ts";
export { FakeTime } from "./fake-time.ts";
export type { Vector } from "./load-vectors.ts";
export { loadVectors, vectorsFolder } from "./load-vectors.ts";
export { SeededRng } from "./seeded-rng.ts";
