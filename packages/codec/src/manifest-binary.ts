import { ByteReader, ByteWriter, DecodeError, digest, EncodeError } from "@lamina/primitives";
import { expectTag, tagBytes } from "./hash.ts";
import { MANIFEST_BYTES_MAX, MANIFEST_TAG, type Manifest, type ManifestFile, type Profile, type RightPadding, type TensorSpec } from "./manifest.ts";
import { manifestProblem } from "./manifest-check.ts";
import { readStr8, readStr16, writeStr8, writeStr16 } from "./strings.ts";
import type { ElementType } from "./tensor.ts";

const UNITS_PER_ITEM_RULE = 1;

/** The manifest's canonical bytes. Throws `EncodeError` naming the member that breaks a rule. Source: docs/spec/manifest.md. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  const problem = manifestProblem(manifest);
  if (problem !== undefined) throw new EncodeError(`${problem.field}: ${problem.expected}`, problem.found);
  const writer = new ByteWriter().fixed(tagBytes(MANIFEST_TAG));
  for (const text of [manifest.name, manifest.task, manifest.licence]) writeStr8(writer, text);
  writeStr16(writer, manifest.source);
  writeFiles(writer, manifest);
  for (const tensors of [manifest.inputs, manifest.outputs]) writeTensorSpecs(writer, tensors);
  writer.u16(manifest.profiles.length);
  for (const profile of manifest.profiles) writeProfile(writer, profile);
  writePadding(writer, manifest.padding);
  writer.u8(UNITS_PER_ITEM_RULE).u16(manifest.labels.length);
  for (const label of manifest.labels) writeStr8(writer, label);
  writer.u16(manifest.levels.length);
  for (const level of manifest.levels) writer.u8(level);
  const bytes = writer.u16(0).finish();
  if (bytes.length > MANIFEST_BYTES_MAX) throw new EncodeError(`at most ${MANIFEST_BYTES_MAX} bytes`, `${bytes.length}`);
  return bytes;
}

function writeFiles(writer: ByteWriter, { files, graph, tokenizer }: Manifest): void {
  writer.u16(files.length);
  for (const file of files) {
    writeStr16(writer, file.path);
    writer.u64(file.size).fixed(file.sha256, 32);
  }
  writeStr16(writer, graph);
  writer.u8(tokenizer === undefined ? 0 : 1);
  if (tokenizer === undefined) return;
  writeStr16(writer, tokenizer.kind);
  writeStr16(writer, tokenizer.path);
}

function writeTensorSpecs(writer: ByteWriter, tensors: readonly TensorSpec[]): void {
  writer.u16(tensors.length);
  for (const { name, type } of tensors) {
    writeStr8(writer, name);
    writer.u8(type);
  }
}

function writeProfile(writer: ByteWriter, profile: Profile): void {
  writer.u16(profile.id).u64(profile.unitsPerItem);
  for (const dims of [...profile.inputs, ...profile.outputs]) {
    writer.u8(dims.length);
    for (const dim of dims) writer.u32(dim);
  }
}

function writePadding(writer: ByteWriter, padding: RightPadding | undefined): void {
  writer.u8(padding === undefined ? 0 : 1);
  if (padding === undefined) return;
  writeStr8(writer, padding.mask);
  writer.u16(padding.pads.length);
  for (const pad of padding.pads) writer.u64(BigInt.asUintN(64, pad));
}

/** Throws `DecodeError` for anything but the canonical bytes of a manifest that keeps every rule. */
export function decodeManifest(bytes: Uint8Array): Manifest {
  if (bytes.length > MANIFEST_BYTES_MAX) throw new DecodeError("length-over-limit", 0, `at most ${MANIFEST_BYTES_MAX} bytes`, `${bytes.length}`);
  const reader = new ByteReader(bytes);
  expectTag(reader, MANIFEST_TAG);
  const words = {
    name: readStr8(reader, "name"),
    task: readStr8(reader, "task"),
    licence: readStr8(reader, "licence"),
    source: readStr16(reader, "source"),
  };
  const files = readList(reader, 64, "files", readFile);
  const graph = readStr16(reader, "graph");
  const tokenizer = readTokenizer(reader);
  const inputs = readList(reader, 32, "inputs", readTensorSpec);
  const outputs = readList(reader, 32, "outputs", readTensorSpec);
  const profiles = readList(reader, 64, "profiles", () => readProfile(reader, inputs.length, outputs.length));
  const padding = readPadding(reader);
  expectNumber(reader, reader.u8(), UNITS_PER_ITEM_RULE, "units rule");
  const labels = readList(reader, 4096, "labels", () => readStr8(reader, "label"));
  const levels = readList(reader, 4, "levels", () => reader.u8());
  expectNumber(reader, reader.u16(), 0, "sections");
  reader.expectEnd();
  const optional = { ...(tokenizer === undefined ? {} : { tokenizer }), ...(padding === undefined ? {} : { padding }) };
  const manifest: Manifest = { ...words, files, graph, inputs, outputs, profiles, labels, levels, ...optional };
  const problem = manifestProblem(manifest);
  if (problem === undefined) return manifest;
  throw new DecodeError("unexpected-value", reader.offset, `${problem.field}: ${problem.expected}`, JSON.stringify(problem.found));
}

function readList<T>(reader: ByteReader, max: number, field: string, readOne: (reader: ByteReader) => T): T[] {
  const start = reader.offset;
  const count = reader.u16();
  if (count > max) throw new DecodeError("length-over-limit", start, `at most ${max} ${field}`, `${count}`);
  return Array.from({ length: count }, () => readOne(reader));
}

function readFile(reader: ByteReader): ManifestFile {
  return { path: readStr16(reader, "path"), size: reader.u64(), sha256: digest(reader.fixed(32, "sha256")) };
}

function readTokenizer(reader: ByteReader): Manifest["tokenizer"] {
  if (!readFlag(reader, "tokenizer")) return undefined;
  return { kind: readStr16(reader, "tokenizer kind"), path: readStr16(reader, "tokenizer path") };
}

function readTensorSpec(reader: ByteReader): TensorSpec {
  return { name: readStr8(reader, "tensor name"), type: reader.u8() as ElementType };
}

function readProfile(reader: ByteReader, inputs: number, outputs: number): Profile {
  const shape = () => Array.from({ length: reader.u8() }, () => reader.u32());
  const shapes = (count: number) => Array.from({ length: count }, shape);
  return { id: reader.u16(), unitsPerItem: reader.u64(), inputs: shapes(inputs), outputs: shapes(outputs) };
}

function readPadding(reader: ByteReader): RightPadding | undefined {
  if (!readFlag(reader, "padding")) return undefined;
  const mask = readStr8(reader, "mask input");
  return { mask, pads: readList(reader, 32, "pads", () => BigInt.asIntN(64, reader.u64())) };
}

function readFlag(reader: ByteReader, field: string): boolean {
  const start = reader.offset;
  const flag = reader.u8();
  if (flag > 1) throw new DecodeError("unexpected-value", start, `${field} 0 or 1`, `${flag}`);
  return flag === 1;
}

function expectNumber(reader: ByteReader, found: number, expected: number, field: string): void {
  if (found !== expected) throw new DecodeError("unexpected-value", reader.offset, `${field} ${expected}`, `${found}`);
}
