export type { BuildOptions, BuiltModel } from "./build-model.ts";
export { buildModel } from "./build-model.ts";
export type { ModelName } from "./catalog.ts";
export { catalogFolder, isModelName, loadManifest, MODEL_NAMES } from "./catalog.ts";
export { ModelBuildError } from "./model-error.ts";
export type { FileVerdict } from "./verify-file.ts";
export { verifyBytes, verifyFile } from "./verify-file.ts";
