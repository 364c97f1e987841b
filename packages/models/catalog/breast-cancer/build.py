"""Rebuilds breast-cancer/model.onnx from its training data, byte for byte, with the standard library alone (seconds).

    python3 build.py --data scikit_learn-1.9.1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl --out DIRECTORY

Writes model.onnx and golden.json, and prints the accuracy as JSON. Input: features, float32 [batch, 30], the measurements of the Wisconsin diagnostic data set
in its order and units. Outputs: scores, float32 [batch, 2], exact multiples of 2^-11; label, int64 [batch, 1], 0 malignant, 1 benign.
"""

import argparse
import json
import math
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import data_wheel  # noqa: E402
import integer_mlp  # noqa: E402
import onnx_file as onnx  # noqa: E402

SETTINGS = integer_mlp.Settings(inputs=30, hidden=16, classes=2, input_bits=5, input_zero_point=128, rates=(9,) * 10 + (10,) * 10, seed=20240)


def single(number):
    """The nearest float32, as a Python float."""
    return struct.unpack("<f", struct.pack("<f", number))[0]


def standards(items):
    """Mean and 1/deviation of each feature, float32. fsum rounds once, so the order of items and the CPU do not matter."""
    means, factors = [], []
    for column in zip(*items):
        mean = math.fsum(column) / len(column)
        variance = math.fsum((each - mean) * (each - mean) for each in column) / len(column)
        means.append(single(mean))
        factors.append(single(1 / math.sqrt(variance)))
    return means, factors


def quantised(item, means, factors):
    """What Sub, Mul and QuantizeLinear make of an item: integers around zero, kept inside -128..127, which clips at 4 deviations."""
    out = []
    for each, mean, factor in zip(item, means, factors):
        prepared = single(single(single(each) - mean) * factor)
        out.append(max(-128, min(127, round(prepared * 2**SETTINGS.input_bits))))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    rows = data_wheel.read_table(arguments.data, "breast_cancer.csv")[1:]
    (learn_items, learn_labels), (test_items, test_labels) = data_wheel.split([[float(cell) for cell in row[:30]] for row in rows], [int(row[30]) for row in rows])
    means, factors = standards(learn_items)
    learn = [quantised(item, means, factors) for item in learn_items], learn_labels
    test = [quantised(item, means, factors) for item in test_items], test_labels
    network = integer_mlp.Trainer(SETTINGS).learn(*learn, report=lambda line: print(line, file=sys.stderr))
    nodes = [onnx.node("Sub", ["features", "feature.means"], ["centred"]), onnx.node("Mul", ["centred", "feature.factors"], ["prepared"])]
    initialisers = [onnx.tensor("feature.means", onnx.FLOAT, [30], onnx.raw("f", means)), onnx.tensor("feature.factors", onnx.FLOAT, [30], onnx.raw("f", factors))]
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "model.onnx").write_bytes(integer_mlp.write_model("breast-cancer", network, nodes, initialisers))
    (arguments.out / "golden.json").write_text(integer_mlp.golden(network, test_items, test[0]))
    print(json.dumps({"learned": len(learn[0]), "tested": len(test[0]), "accuracyLearned": round(integer_mlp.accuracy(network, *learn), 4), "accuracyTested": round(integer_mlp.accuracy(network, *test), 4)}))


if __name__ == "__main__":
    main()
