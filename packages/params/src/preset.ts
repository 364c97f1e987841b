import presets from "../presets.json" with { type: "json" };
import { BadPresetError, readGroup } from "./parameter.ts";
import type { ConsensusParams, EscrowLayout, EscrowParams, RegistryParams, RollupParams } from "./parameters.ts";
import { CONSENSUS, ESCROW, ESCROW_LAYOUT, REGISTRY, ROLLUP } from "./parameters.ts";

/** `minimal`: short windows, for devnets and tests. `mainnet`: minutes to final. */
export type PresetName = "minimal" | "mainnet";

export interface Preset {
  readonly name: PresetName;
  /** The pace that the heights were chosen for, milliseconds; the chain may run at another. */
  readonly blockIntervalMs: number;
  readonly rollup: RollupParams;
  readonly escrow: EscrowParams & { readonly layout: EscrowLayout };
  readonly registry: RegistryParams;
  readonly consensus: ConsensusParams;
}

export type PresetJson = (typeof presets)[PresetName];

/** What `presets.json` holds under a name, checked against every bound. Throws `BadPresetError`. */
export function preset(name: PresetName): Preset {
  return readPreset(name, presets[name]);
}

/** Reads and checks a preset of any origin. */
export function readPreset(name: PresetName, json: PresetJson): Preset {
  const { rollup, escrow, registry } = json.modules;
  const read: Preset = {
    name,
    blockIntervalMs: json.block_interval_ms,
    rollup: readGroup(ROLLUP, rollup.params, "rollup"),
    escrow: Object.freeze({
      ...readGroup(ESCROW, escrow.params, "escrow"),
      layout: readGroup(ESCROW_LAYOUT, escrow.layout, "escrow.layout"),
    }),
    registry: readGroup(REGISTRY, registry.params, "registry"),
    consensus: readGroup(CONSENSUS, json.consensus, "consensus"),
  };
  if (json.name !== name) throw new BadPresetError({ parameter: "name", expected: name, found: json.name });
  checkUnbonding(read);
  return Object.freeze(read);
}

/** A bond must outlast whatever it backs: challenge window, longest dispute and the horizon of unsettled jobs together. I17, T39. */
function checkUnbonding({ rollup, registry, escrow }: Preset): void {
  const longest = rollup.challengeWindow + registry.disputeHeightsMax + escrow.settleByHorizon;
  if (registry.unbondingHeights > longest) return;
  throw new BadPresetError({
    parameter: "registry.unbonding_heights",
    expected: `more than challenge_window + dispute_heights_max + settle_by_horizon = ${longest}`,
    found: String(registry.unbondingHeights),
  });
}

/** Smallest units in one LAM. */
export const ULAM_PER_LAM = 1_000_000n;
/** The whole of a share given in 1/10,000. */
export const BASIS_POINTS = 10_000;
