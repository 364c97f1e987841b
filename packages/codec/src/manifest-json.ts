import { BaseError, type Digest, digestFromHex, isHex, toHex, U64_MAX } from "@lamina/primitives";
import { MANIFEST_TAG, type Manifest, type ManifestFile, type Profile, type RightPadding, type TensorSpec } from "./manifest.ts";
import { manifestProblem } from "./manifest-check.ts";
import { ElementType } from "./tensor.ts";

/** A manifest's JSON form says something that the format has no place for. `path` is the member, as `files[0].size`. */
export class ManifestJsonError extends BaseError<"MANIFEST_JSON"> {
  readonly details: { readonly path: string; readonly expected: string; readonly found: string };
  constructor(path: string, expected: string, found: unknown) {
    const shown = typeof found === "string" ? found : (JSON.stringify(found) ?? "nothing");
    super("MANIFEST_JSON", `manifest ${path}: expected ${expected}, found ${shown}`);
    this.details = { path, expected, found: shown };
  }
}

type TypeName = keyof typeof ElementType;
const typeNames = new Map<number, TypeName>(Object.entries(ElementType).map(([name, type]) => [type, name as TypeName]));

/** The form that people read and write; u64 values are decimal strings, digests hex, types ONNX's names. One to one with the bytes. */
export function manifestToJson(manifest: Manifest): Record<string, unknown> {
  return {
    format: MANIFEST_TAG,
    name: manifest.name,
    task: manifest.task,
    licence: manifest.licence,
    source: manifest.source,
    files: manifest.files.map(({ path, size, sha256 }) => ({ path, size: `${size}`, sha256: toHex(sha256) })),
    graph: manifest.graph,
    ...(manifest.tokenizer === undefined ? {} : { tokenizer: { ...manifest.tokenizer } }),
    inputs: manifest.inputs.map(tensorToJson),
    outputs: manifest.outputs.map(tensorToJson),
    profiles: manifest.profiles.map(({ id, unitsPerItem, inputs, outputs }) => ({ id, unitsPerItem: `${unitsPerItem}`, inputs, outputs })),
    ...(manifest.padding === undefined ? {} : { padding: { mask: manifest.padding.mask, pads: manifest.padding.pads.map(String) } }),
    labels: manifest.labels,
    levels: manifest.levels,
  };
}

function tensorToJson({ name, type }: TensorSpec): { name: string; type: string } {
  return { name, type: typeNames.get(type) ?? `${type}` };
}

/** Reads the JSON form (parsed). Unknown members are refused, and so is what `encodeManifest` would refuse. Throws `ManifestJsonError`. */
export function manifestFromJson(json: unknown): Manifest {
  const root = members(
    json,
    "",
    ["format", "name", "task", "licence", "source", "files", "graph", "inputs", "outputs", "profiles", "labels", "levels"],
    ["tokenizer", "padding"],
  );
  if (root["format"] !== MANIFEST_TAG) throw new ManifestJsonError("format", MANIFEST_TAG, root["format"]);
  const manifest: Manifest = {
    name: text(root["name"], "name"),
    task: text(root["task"], "task"),
    licence: text(root["licence"], "licence"),
    source: text(root["source"], "source"),
    files: list(root["files"], "files", fileFromJson),
    graph: text(root["graph"], "graph"),
    ...(root["tokenizer"] === undefined ? {} : { tokenizer: tokenizerFromJson(root["tokenizer"]) }),
    inputs: list(root["inputs"], "inputs", tensorFromJson),
    outputs: list(root["outputs"], "outputs", tensorFromJson),
    profiles: list(root["profiles"], "profiles", profileFromJson),
    ...(root["padding"] === undefined ? {} : { padding: paddingFromJson(root["padding"]) }),
    labels: list(root["labels"], "labels", text),
    levels: list(root["levels"], "levels", integer),
  };
  const problem = manifestProblem(manifest);
  if (problem !== undefined) throw new ManifestJsonError(problem.field, problem.expected, problem.found);
  return manifest;
}

function fileFromJson(value: unknown, path: string): ManifestFile {
  const file = members(value, path, ["path", "size", "sha256"]);
  return { path: text(file["path"], `${path}.path`), size: decimal(file["size"], `${path}.size`), sha256: sha256(file["sha256"], `${path}.sha256`) };
}

function tokenizerFromJson(value: unknown): { kind: string; path: string } {
  const tokenizer = members(value, "tokenizer", ["kind", "path"]);
  return { kind: text(tokenizer["kind"], "tokenizer.kind"), path: text(tokenizer["path"], "tokenizer.path") };
}

function tensorFromJson(value: unknown, path: string): TensorSpec {
  const tensor = members(value, path, ["name", "type"]);
  const name = text(tensor["type"], `${path}.type`);
  if (!Object.hasOwn(ElementType, name)) throw new ManifestJsonError(`${path}.type`, Object.keys(ElementType).join(", "), name);
  return { name: text(tensor["name"], `${path}.name`), type: ElementType[name as TypeName] };
}

function profileFromJson(value: unknown, path: string): Profile {
  const profile = members(value, path, ["id", "unitsPerItem", "inputs", "outputs"]);
  const shape = (dims: unknown, at: string) => list(dims, at, integer);
  return {
    id: integer(profile["id"], `${path}.id`),
    unitsPerItem: decimal(profile["unitsPerItem"], `${path}.unitsPerItem`),
    inputs: list(profile["inputs"], `${path}.inputs`, shape),
    outputs: list(profile["outputs"], `${path}.outputs`, shape),
  };
}

function paddingFromJson(value: unknown): RightPadding {
  const padding = members(value, "padding", ["mask", "pads"]);
  return { mask: text(padding["mask"], "padding.mask"), pads: list(padding["pads"], "padding.pads", signedDecimal) };
}

function members(value: unknown, path: string, required: readonly string[], optional: readonly string[] = []): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new ManifestJsonError(path || "document", "an object", value);
  const missing = required.find((name) => !Object.hasOwn(value, name));
  const unknown = Object.keys(value).find((name) => !required.includes(name) && !optional.includes(name));
  const prefix = path === "" ? "" : `${path}.`;
  if (missing !== undefined) throw new ManifestJsonError(prefix + missing, "a value", "nothing");
  if (unknown !== undefined) throw new ManifestJsonError(prefix + unknown, "no such member", "one");
  return value as Record<string, unknown>;
}

function list<T>(value: unknown, path: string, readOne: (value: unknown, path: string) => T): T[] {
  if (!Array.isArray(value)) throw new ManifestJsonError(path, "an array", value);
  return value.map((each, index) => readOne(each, `${path}[${index}]`));
}

function text(value: unknown, path: string): string {
  if (typeof value !== "string") throw new ManifestJsonError(path, "a string", value);
  return value;
}

function integer(value: unknown, path: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new ManifestJsonError(path, "an integer", value);
  return value;
}

function decimal(value: unknown, path: string): bigint {
  if (typeof value === "string" && /^(0|[1-9][0-9]{0,19})$/.test(value) && BigInt(value) <= U64_MAX) return BigInt(value);
  throw new ManifestJsonError(path, "a decimal string in 0..2^64-1", value);
}

function signedDecimal(value: unknown, path: string): bigint {
  if (typeof value === "string" && /^(0|-?[1-9][0-9]{0,18})$/.test(value)) return BigInt(value);
  throw new ManifestJsonError(path, "a decimal string of a signed 64-bit integer", value);
}

function sha256(value: unknown, path: string): Digest {
  if (typeof value === "string" && isHex(value, 32)) return digestFromHex(value);
  throw new ManifestJsonError(path, "64 lower-case hex digits", value);
}
