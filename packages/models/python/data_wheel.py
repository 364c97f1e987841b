"""Reads scikit-learn's data files out of one pinned wheel. The wheel serves as an archive: it is never installed, so any platform can read it.

    pip download --no-deps --only-binary=:all: --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 \
        --python-version 311 --implementation cp --abi cp311 scikit-learn==1.9.1
"""

import gzip
import hashlib
import zipfile

WHEEL_SHA256 = "52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df"


def read_table(path, name):
    """Rows of text cells of sklearn/datasets/data/<name>."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        raise SystemExit(f"{path.name}: expected SHA-256 {WHEEL_SHA256}, found {found}")
    with zipfile.ZipFile(path) as wheel:
        data = wheel.read(f"sklearn/datasets/data/{name}")
    text = gzip.decompress(data) if name.endswith(".gz") else data
    return [line.split(",") for line in text.decode("ascii").splitlines() if line]


def split(items, labels):
    """Every fifth item is kept for the test: ((items, labels) to learn from, (items, labels) to test on)."""
    learn = [index for index in range(len(items)) if index % 5]
    test = [index for index in range(len(items)) if index % 5 == 0]
    return tuple(([items[index] for index in part], [labels[index] for index in part]) for part in (learn, test))
