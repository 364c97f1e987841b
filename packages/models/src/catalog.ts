import { fileURLToPath } from "node:url";
import type { Manifest } from "@lamina/codec";
import { manifestFromJson } from "@lamina/codec";
import type { FileSystem } from "@lamina/primitives";
import { decodeUtf8 } from "@lamina/primitives";

/** The models that come with Lamina, in the order in which they are shown. */
export const MODEL_NAMES = ["breast-cancer", "digits", "minilm-l6-v2"] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

export function isModelName(name: string): name is ModelName {
  return (MODEL_NAMES as readonly string[]).includes(name);
}

/** Where a model's manifest, card, scripts and, if small, weights lie. */
export function catalogFolder(name: ModelName): string {
  return fileURLToPath(new URL(`../catalog/${name}`, import.meta.url));
}

/** The manifest as committed. Its files need not exist yet: see `buildModel`. */
export async function loadManifest(name: ModelName, files: FileSystem): Promise<Manifest> {
  const bytes = await files.readFile(`${catalogFolder(name)}/manifest.json`);
  return manifestFromJson(JSON.parse(decodeUtf8(bytes)));
}
