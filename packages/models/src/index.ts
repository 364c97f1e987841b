export type { BuildOptions, BuiltModel } from "./build-model.ts";
export { buildModel } from "./build-model.ts";
export type { ModelName } from "./catalog.ts";
export { catalogFolder, isModelName, loadManifestSource, MODEL_NAMES } from "./catalog.ts";
export type { ElementType, FileSource, ManifestSource, PaddingSource, ProfileSource, TensorSource } from "./manifest-source.ts";
export { ModelBuildError } from "./model-error.ts";
export type { FileVerdict } from "./verify-file.ts";
export { verifyFile } from "./verify-file.ts";
