import { compareBytes, encodeUtf8, U64_MAX } from "@lamina/primitives";
import type { Manifest, Profile, RightPadding, TensorSpec } from "./manifest.ts";
import { isDimension, isElementType, RANK_MAX } from "./tensor.ts";

const NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const TASK = /^[a-z0-9-]{1,64}$/;
const SEGMENT = /^[A-Za-z0-9._-]+$/;
const I64_MIN = -(1n << 63n);
const I64_MAX = (1n << 63n) - 1n;

/** Which member breaks which rule of docs/spec/manifest.md. */
export interface ManifestProblem {
  readonly field: string;
  readonly expected: string;
  readonly found: string;
}

/** The first rule that `manifest` breaks, or undefined. Decoder, encoder and the JSON form share it, so none is laxer than another. */
export function manifestProblem(manifest: Manifest): ManifestProblem | undefined {
  return (
    rule(NAME.test(manifest.name), "name", "1-64 characters of a-z 0-9 - . beginning with a letter or digit", manifest.name) ??
    rule(TASK.test(manifest.task), "task", "1-64 characters of a-z 0-9 -", manifest.task) ??
    filesProblem(manifest) ??
    tensorsProblem(manifest.inputs, "inputs") ??
    tensorsProblem(manifest.outputs, "outputs") ??
    profilesProblem(manifest) ??
    paddingProblem(manifest.padding, manifest.inputs) ??
    rule(manifest.labels.length <= 4096, "labels", "at most 4096", `${manifest.labels.length}`) ??
    levelsProblem(manifest.levels)
  );
}

function filesProblem({ files, graph, tokenizer }: Manifest): ManifestProblem | undefined {
  const paths = files.map(({ path }) => path);
  const unfit = paths.find((path) => !isManifestPath(path));
  const unordered = paths.find((path, index) => index > 0 && compareBytes(encodeUtf8(paths[index - 1] as string), encodeUtf8(path)) >= 0);
  const outsized = files.find(({ size }) => size < 0n || size > U64_MAX);
  return (
    rule(files.length <= 64, "files", "at most 64", `${files.length}`) ??
    rule(unfit === undefined, "files", "relative paths of segments of A-Z a-z 0-9 . _ -, none . or ..", unfit) ??
    rule(unordered === undefined, "files", "paths in strictly ascending order", unordered) ??
    rule(outsized === undefined, "files", "sizes below 2^64", `${outsized?.size}`) ??
    rule(paths.includes(graph), "graph", "the path of one of files", graph) ??
    rule(tokenizer === undefined || paths.includes(tokenizer.path), "tokenizer", "the path of one of files", tokenizer?.path)
  );
}

/** Tells whether `path` can only name a file below the model's own folder (T22). */
export function isManifestPath(path: string): boolean {
  return path.split("/").every((segment) => SEGMENT.test(segment) && segment !== "." && segment !== "..");
}

function tensorsProblem(tensors: readonly TensorSpec[], field: string): ManifestProblem | undefined {
  const names = tensors.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const wrongType = tensors.find(({ type }) => !isElementType(type));
  return (
    rule(tensors.length >= 1 && tensors.length <= 32, field, "1..32 tensors", `${tensors.length}`) ??
    rule(!names.includes(""), field, "names that are not empty", "an empty one") ??
    rule(twice === undefined, field, "each name once", twice) ??
    rule(wrongType === undefined, field, "element types of docs/spec/commitments.md", `${wrongType?.type}`)
  );
}

function profilesProblem({ profiles, inputs, outputs }: Manifest): ManifestProblem | undefined {
  const problem = rule(profiles.length >= 1 && profiles.length <= 64, "profiles", "1..64", `${profiles.length}`);
  if (problem !== undefined) return problem;
  for (const [index, profile] of profiles.entries()) {
    const found = profileProblem(profile, index, inputs.length, outputs.length);
    if (found !== undefined) return found;
  }
  return undefined;
}

function profileProblem(profile: Profile, index: number, inputs: number, outputs: number): ManifestProblem | undefined {
  const shapes = [...profile.inputs, ...profile.outputs];
  const units = profile.unitsPerItem;
  const wrongDim = shapes.flat().find((dim) => !isDimension(dim));
  return (
    rule(profile.id === index + 1, "profiles", `id ${index + 1}`, `${profile.id}`) ??
    rule(units >= 1n && units <= U64_MAX, "profiles", "units per item of 1..2^64-1", `${units}`) ??
    rule(profile.inputs.length === inputs, "profiles", `shapes of ${inputs} inputs`, `${profile.inputs.length}`) ??
    rule(profile.outputs.length === outputs, "profiles", `shapes of ${outputs} outputs`, `${profile.outputs.length}`) ??
    rule(
      shapes.every((dims) => dims.length <= RANK_MAX),
      "profiles",
      `ranks of at most ${RANK_MAX}`,
      "more",
    ) ??
    rule(wrongDim === undefined, "profiles", "dimensions of 1..2^31-1", `${wrongDim}`)
  );
}

function paddingProblem(padding: RightPadding | undefined, inputs: readonly TensorSpec[]): ManifestProblem | undefined {
  if (padding === undefined) return undefined;
  const outside = padding.pads.find((pad) => pad < I64_MIN || pad > I64_MAX);
  return (
    rule(
      inputs.some(({ name }) => name === padding.mask),
      "padding",
      "a mask that is one of inputs",
      padding.mask,
    ) ??
    rule(padding.pads.length === inputs.length, "padding", `${inputs.length} pads, one per input`, `${padding.pads.length}`) ??
    rule(outside === undefined, "padding", "pads of signed 64 bits", `${outside}`)
  );
}

function levelsProblem(levels: readonly number[]): ManifestProblem | undefined {
  const wrong = levels.find((level, index) => !Number.isInteger(level) || level < 1 || level > 4 || level <= (levels[index - 1] ?? 0));
  return rule(wrong === undefined, "levels", "levels of 1..4 in strictly ascending order", levels.join(", "));
}

function rule(holds: boolean, field: string, expected: string, found: string | undefined): ManifestProblem | undefined {
  return holds ? undefined : { field, expected, found: found ?? "nothing" };
}
