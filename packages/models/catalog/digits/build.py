"""Rebuilds digits/model.onnx from its training data, byte for byte, with the standard library alone (about a minute).

    python3 build.py --data scikit_learn-1.9.1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl --out DIRECTORY

Writes model.onnx and golden.json, and prints the accuracy as JSON. Input: features, float32 [batch, 64], grey levels 0..16 of an 8×8 image, row by row.
Outputs: scores, float32 [batch, 10], exact multiples of 2^-11; label, int64 [batch, 1].
"""

import argparse
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import data_wheel  # noqa: E402
import integer_mlp  # noqa: E402
import onnx_file as onnx  # noqa: E402

# Grey levels reach 16 = 128 · 2^-3; dividing by 4 first keeps sums of 64 pixels in the range the rates are made for.
SETTINGS = integer_mlp.Settings(inputs=64, hidden=48, classes=10, input_bits=5, input_zero_point=0, rates=(9,) * 25 + (10,) * 8, seed=20240)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    rows = data_wheel.read_table(arguments.data, "digits.csv.gz")
    # features · 2^-3 quantised at 2^-5 is features · 4, exactly.
    items = [[int(float(cell)) * 4 for cell in row[:64]] for row in rows]
    labels = [int(float(row[64])) for row in rows]
    learn, test = data_wheel.split(items, labels)
    network = integer_mlp.Trainer(SETTINGS).learn(*learn, report=lambda line: print(line, file=sys.stderr))
    nodes = [onnx.node("Mul", ["features", "grey.scale"], ["prepared"])]
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "model.onnx").write_bytes(integer_mlp.write_model("digits", network, nodes, [onnx.scalar("grey.scale", onnx.FLOAT, "f", 0.125)]))
    (arguments.out / "golden.json").write_text(integer_mlp.golden(network, [[each // 4 for each in item] for item in test[0]], test[0]))
    print(json.dumps({"learned": len(learn[0]), "tested": len(test[0]), "accuracyLearned": round(integer_mlp.accuracy(network, *learn), 4), "accuracyTested": round(integer_mlp.accuracy(network, *test), 4)}))


if __name__ == "__main__":
    main()
