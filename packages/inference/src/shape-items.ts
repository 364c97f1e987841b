import type { Item, Manifest, Profile, Tensor } from "@lamina/codec";
import { elementBytes } from "@lamina/codec";
import { assert } from "@lamina/primitives";

/** The smallest profile whose axis 1 holds `tokens`, or undefined where none does. For manifests with padding. */
export function smallestProfile(manifest: Pick<Manifest, "profiles">, tokens: number): Profile | undefined {
  const fitting = manifest.profiles.filter((profile) => (profile.inputs[0]?.[1] ?? 0) >= tokens);
  return fitting.reduce<Profile | undefined>((best, each) => (best === undefined || tokensOf(each) < tokensOf(best) ? each : best), undefined);
}

/** Tokens that a profile holds: axis 1 of its first input. */
export function tokensOf(profile: Profile): number {
  return profile.inputs[0]?.[1] ?? 0;
}

/** The longest text that the manifest has a profile for, in tokens. */
export function longestProfile(manifest: Pick<Manifest, "profiles">): number {
  return Math.max(...manifest.profiles.map(tokensOf));
}

/**
 * One item of a text model: `ids` in the input that is no mask, 1s in the mask, both filled up with the manifest's pads at the end of axis 1.
 * `ids` fit the profile; the manifest has a padding rule and two int64 inputs.
 */
export function tokensToItem(manifest: Pick<Manifest, "inputs" | "padding">, profile: Profile, ids: readonly number[]): Item {
  const { padding } = manifest;
  assert(padding !== undefined && ids.length <= tokensOf(profile), "tokens fit a padded profile");
  return manifest.inputs.map((input, index): Tensor => {
    const dims = profile.inputs[index] ?? [];
    const size = elementBytes(input.type);
    assert(size === 8 && dims.length === 2, "token inputs are int64 [1, tokens]");
    const cells = new BigInt64Array(tokensOf(profile)).fill(padding.pads[index] ?? 0n);
    ids.forEach((id, at) => {
      cells[at] = input.name === padding.mask ? 1n : BigInt(id);
    });
    return { type: input.type, dims, data: new Uint8Array(cells.buffer) };
  });
}
