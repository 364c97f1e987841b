import {
  type ByteReader,
  type ByteWriter,
  bytesEqual,
  compareBytes,
  DecodeError,
  EncodeError,
  type ModelId,
  modelId,
  toHex,
  U64_MAX,
} from "@lamina/primitives";
import type { Row } from "./row.ts";

/** The models and lanes that rows name by index. Source: docs/spec/block.md. */
export interface Dictionary {
  /** Strictly ascending. */
  readonly models: readonly ModelId[];
  /** Strictly ascending. */
  readonly lanes: readonly bigint[];
}

/** A dictionary with the way back from a value to its index. */
export class DictionaryIndex {
  readonly dictionary: Dictionary;
  readonly #models = new Map<string, number>();
  readonly #lanes = new Map<bigint, number>();
  #last: { readonly model: ModelId; readonly index: bigint } | undefined;

  /** Of exactly the models and lanes that `rows` name. */
  constructor(rows: Iterable<Row>) {
    const models = new Map<string, ModelId>();
    const lanes = new Set<bigint>();
    let before: ModelId | undefined;
    for (const { model, lane } of rows) {
      // Rows of one model mostly stand together: a comparison is cheaper than a key.
      if (before === undefined || !bytesEqual(model, before)) models.set(keyOf(model), model);
      before = model;
      lanes.add(lane);
    }
    this.dictionary = {
      models: [...models.values()].sort(compareBytes),
      lanes: [...lanes].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0)),
    };
    this.dictionary.models.forEach((model, index) => void this.#models.set(keyOf(model), index));
    this.dictionary.lanes.forEach((lane, index) => void this.#lanes.set(lane, index));
  }

  model(model: ModelId): bigint {
    if (this.#last !== undefined && bytesEqual(model, this.#last.model)) return this.#last.index;
    const index = this.#models.get(keyOf(model));
    if (index === undefined) throw new EncodeError("a model of the dictionary", toHex(model));
    this.#last = { model, index: BigInt(index) };
    return this.#last.index;
  }

  lane(lane: bigint): bigint {
    const index = this.#lanes.get(lane);
    if (index === undefined) throw new EncodeError("a lane of the dictionary", `${lane}`);
    return BigInt(index);
  }
}

export function writeDictionary(writer: ByteWriter, dictionary: Dictionary): void {
  writer.varint(dictionary.models.length);
  for (const model of dictionary.models) writer.fixed(model, 32);
  writer.varint(dictionary.lanes.length);
  dictionary.lanes.forEach((lane, index) => void writer.varint(index === 0 ? lane : lane - (dictionary.lanes[index - 1] as bigint)));
}

/** Throws `DecodeError` unless both lists ascend strictly. Whether each entry is used is `UsedEntries`' to say. */
export function readDictionary(reader: ByteReader): Dictionary {
  return { models: readModels(reader), lanes: readLanes(reader) };
}

function readModels(reader: ByteReader): ModelId[] {
  const count = reader.varintNumber(Math.floor(reader.remaining / 32), "models");
  const models: ModelId[] = [];
  for (let index = 0; index < count; index++) {
    const start = reader.offset;
    const model = modelId(reader.fixed(32, "model"));
    const before = models.at(-1);
    if (before !== undefined && compareBytes(before, model) >= 0) {
      throw new DecodeError("unexpected-value", start, `a model after ${toHex(before)}`, toHex(model));
    }
    models.push(model);
  }
  return models;
}

function readLanes(reader: ByteReader): bigint[] {
  const count = reader.varintNumber(reader.remaining, "lanes");
  const lanes: bigint[] = [];
  for (let index = 0; index < count; index++) {
    const start = reader.offset;
    const step = reader.varint();
    const before = lanes.at(-1);
    if (before !== undefined && step === 0n) throw new DecodeError("unexpected-value", start, `a lane after ${before}`, `${before}`);
    const lane = (before ?? 0n) + step;
    if (lane > U64_MAX) throw new DecodeError("out-of-range", start, "a lane below 2^64", `${lane}`);
    lanes.push(lane);
  }
  return lanes;
}

/** Marks what rows named: an entry that none names would give one batch two spellings. */
export class UsedEntries {
  readonly #models: boolean[];
  readonly #lanes: boolean[];

  constructor(dictionary: Dictionary) {
    this.#models = dictionary.models.map(() => false);
    this.#lanes = dictionary.lanes.map(() => false);
  }

  use(model: number, lane: number): void {
    this.#models[model] = true;
    this.#lanes[lane] = true;
  }

  /** Throws `DecodeError` naming the first unused entry; `offset` is where reading has come to. */
  expectAll(offset: number): void {
    const model = this.#models.indexOf(false);
    if (model !== -1) throw new DecodeError("unexpected-value", offset, "every model of the dictionary used", `model ${model} unused`);
    const lane = this.#lanes.indexOf(false);
    if (lane !== -1) throw new DecodeError("unexpected-value", offset, "every lane of the dictionary used", `lane ${lane} unused`);
  }
}

/** One character a byte: cheaper than hex for a map's key. */
function keyOf(model: Uint8Array): string {
  return String.fromCharCode(...model);
}
