export type { Parameter, Unit } from "./parameter.ts";
export { BadPresetError } from "./parameter.ts";
export type { ConsensusParams, EscrowLayout, EscrowParams, RegistryParams, RollupParams } from "./parameters.ts";
export { CONSENSUS, ESCROW, ESCROW_LAYOUT, REGISTRY, ROLLUP } from "./parameters.ts";
export type { Preset, PresetJson, PresetName } from "./preset.ts";
export { BASIS_POINTS, preset, readPreset, ULAM_PER_LAM } from "./preset.ts";
