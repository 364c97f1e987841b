"""Trains a two-layer perceptron in 8-bit form with integers alone, and writes it as ONNX operators QGemm (com.microsoft, version 1).

Floating-point training differs between CPUs in the order of sums; integers do not, so one data set gives one byte string on every machine and
every Python. The forward pass below is the one the runtime makes: uint8 activations, uint8 weights around zero point 128, int32 sums,
power-of-two scales, rounding half to even. Weights keep finer master copies while they learn (quantisation-aware training with the
straight-through estimator: Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference").

Scales, as exponents of two: input 2^input_exponent; weights 2^-6; hidden 2^-5; master weights 2^-24.
"""

import json
from dataclasses import dataclass
from operator import mul

import onnx_file as onnx

WEIGHT_BITS = 6
HIDDEN_BITS = 5
MASTER_BITS = 24
WEIGHT_ZERO_POINT = 128
WEIGHT_MAX = 127
BATCH = 16


@dataclass(frozen=True)
class Settings:
    """Shape and schedule of one training. Rates are shifts: an epoch with rate r moves weights by gradient · 2^-r."""

    inputs: int
    hidden: int
    classes: int
    input_bits: int  # the input's scale is 2^-input_bits
    input_zero_point: int
    rates: tuple  # one shift per epoch
    seed: int


@dataclass(frozen=True)
class Network:
    """Quantised weights around zero (the file adds the zero point), [out][in], and int32 biases in the scale of the sums."""

    settings: Settings
    weights_1: list
    biases_1: list
    weights_2: list
    biases_2: list


class Generator:
    """PCG-XSH-RR 64/32 (O'Neill 2014): the same numbers everywhere, unlike Python's own, whose methods may change."""

    def __init__(self, seed):
        self.state = (seed * 2 + 1) & (2**64 - 1)
        self.next()

    def next(self):
        state = self.state
        self.state = (state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        mixed = (((state >> 18) ^ state) >> 27) & 0xFFFFFFFF
        turn = state >> 59
        return ((mixed >> turn) | (mixed << (32 - turn))) & 0xFFFFFFFF

    def below(self, bound):
        return self.next() * bound >> 32

    def shuffle(self, items):
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


def round_half_even(value, bits):
    """value / 2^bits, rounded as QGemm rounds."""
    half = 1 << (bits - 1)
    quotient, rest = value >> bits, value & ((1 << bits) - 1)
    return quotient + (1 if rest > half or (rest == half and quotient & 1) else 0)


def quantise(master):
    """Master weights (2^-24) to weights (2^-6), rounded to nearest and kept inside 8 bits around zero."""
    shift = MASTER_BITS - WEIGHT_BITS
    half = 1 << (shift - 1)
    return [[max(-WEIGHT_MAX, min(WEIGHT_MAX, (each + half) >> shift)) for each in row] for row in master]


def forward(network, item):
    """One item of integers around zero to (hidden, sums): hidden 0..255, sums of scale 2^-11."""
    shift = network.settings.input_bits + WEIGHT_BITS - HIDDEN_BITS
    hidden = []
    for row, bias in zip(network.weights_1, network.biases_1):
        hidden.append(max(0, min(255, round_half_even(sum(map(mul, row, item)) + bias, shift))))
    return hidden, [sum(map(mul, row, hidden)) + bias for row, bias in zip(network.weights_2, network.biases_2)]


def classify(network, item):
    sums = forward(network, item)[1]
    return sums.index(max(sums))


def golden(network, features, items):
    """Every tenth item with its scores, as this file's integer arithmetic gives them: what every runtime must answer, bit for bit."""
    unit = 2.0 ** -(HIDDEN_BITS + WEIGHT_BITS)
    cases = []
    for each, item in list(zip(features, items))[::10]:
        sums = forward(network, item)[1]
        cases.append({"features": each, "scores": [total * unit for total in sums], "label": sums.index(max(sums))})
    return json.dumps(cases).replace("}, {", "},\n {") + "\n"


def accuracy(network, items, labels):
    return sum(classify(network, item) == label for item, label in zip(items, labels)) / len(items)


class Trainer:
    """Stochastic gradient descent on the squared hinge loss, one class against the rest."""

    def __init__(self, settings):
        self.settings = settings
        self.random = Generator(settings.seed)
        self.master_1 = self._start(settings.hidden, settings.inputs)
        self.master_2 = self._start(settings.classes, settings.hidden)
        self.bias_1 = [0] * settings.hidden
        self.bias_2 = [0] * settings.classes

    def _start(self, rows, columns):
        """Uniform weights of variance 2/columns (He et al. 2015): width sqrt(6/columns), by integers."""
        width = int((6 * (1 << (2 * MASTER_BITS)) // columns) ** 0.5) >> 16 << 16
        return [[self.random.below(2 * width + 1) - width for _ in range(columns)] for _ in range(rows)]

    def network(self):
        sum_1 = MASTER_BITS - (self.settings.input_bits + WEIGHT_BITS)
        sum_2 = MASTER_BITS - (HIDDEN_BITS + WEIGHT_BITS)
        biases_1, biases_2 = [each >> sum_1 for each in self.bias_1], [each >> sum_2 for each in self.bias_2]
        return Network(self.settings, quantise(self.master_1), biases_1, quantise(self.master_2), biases_2)

    def learn(self, items, labels, report):
        order = list(range(len(items)))
        for epoch, rate in enumerate(self.settings.rates):
            self.random.shuffle(order)
            for start in range(0, len(order), BATCH):
                network = self.network()
                for index in order[start : start + BATCH]:
                    self._step(network, items[index], labels[index], rate)
            report(f"epoch {epoch + 1} of {len(self.settings.rates)}")
        return self.network()

    def _step(self, network, item, label, rate):
        one = 1 << (HIDDEN_BITS + WEIGHT_BITS)
        hidden, sums = forward(network, item)
        errors = []
        for index, total in enumerate(sums):
            target = one if index == label else -one
            satisfied = total >= target if index == label else total <= target
            errors.append(0 if satisfied else total - target)
        self._backward_1(network, item, hidden, errors, rate)
        scale = MASTER_BITS - (2 * HIDDEN_BITS + WEIGHT_BITS)
        for index, error in enumerate(errors):
            if error == 0:
                continue
            row = self.master_2[index]
            step = error << scale
            self.master_2[index] = [weight - (step * each >> rate) for weight, each in zip(row, hidden)]
            self.bias_2[index] -= error << (MASTER_BITS - HIDDEN_BITS - WEIGHT_BITS) >> rate

    def _backward_1(self, network, item, hidden, errors, rate):
        bits = HIDDEN_BITS + 2 * WEIGHT_BITS
        for index, level in enumerate(hidden):
            if level == 0 or level == 255:
                continue
            slope = sum(error * row[index] for error, row in zip(errors, network.weights_2) if error)
            if slope == 0:
                continue
            self.bias_1[index] -= slope << (MASTER_BITS - bits) >> rate
            # slope · input has scale 2^-(bits + input_bits); the master's is 2^-24.
            shift = rate + bits + self.settings.input_bits - MASTER_BITS
            row = self.master_1[index]
            self.master_1[index] = [weight - (slope * each >> shift) for weight, each in zip(row, item)]


def _layer(name, weights, biases, wide):
    """Initialisers of one QGemm; B is [in, out]."""
    flat = [weights[out][source] + WEIGHT_ZERO_POINT for source in range(wide) for out in range(len(weights))]
    return [
        onnx.tensor(f"{name}.weights", onnx.UINT8, [wide, len(weights)], bytes(flat)),
        onnx.tensor(f"{name}.biases", onnx.INT32, [len(biases)], onnx.raw("i", biases)),
    ]


def write_model(name, network, prepare_nodes, prepare_initialisers):
    """ONNX bytes. `prepare_*` turn the input tensor `features` into the float tensor `prepared`; outputs are `scores` and `label`."""
    settings = network.settings
    nodes = list(prepare_nodes) + [
        onnx.node("QuantizeLinear", ["prepared", "input.scale", "input.zero_point"], ["quantised"]),
        onnx.node(
            "QGemm",
            ["quantised", "input.scale", "input.zero_point", "hidden.weights", "weight.scale", "weight.zero_point", "hidden.biases", "hidden.scale", "hidden.zero_point"],
            ["hidden"],
            domain="com.microsoft",
        ),
        onnx.node(
            "QGemm",
            ["hidden", "hidden.scale", "hidden.zero_point", "scores.weights", "weight.scale", "weight.zero_point", "scores.biases"],
            ["scores"],
            domain="com.microsoft",
        ),
        onnx.node("ArgMax", ["scores"], ["label"], axis=1, keepdims=1),
    ]
    initialisers = list(prepare_initialisers) + [
        onnx.scalar("input.scale", onnx.FLOAT, "f", 2.0**-settings.input_bits),
        onnx.scalar("input.zero_point", onnx.UINT8, "B", settings.input_zero_point),
        onnx.scalar("weight.scale", onnx.FLOAT, "f", 2.0**-WEIGHT_BITS),
        onnx.scalar("weight.zero_point", onnx.UINT8, "B", WEIGHT_ZERO_POINT),
        onnx.scalar("hidden.scale", onnx.FLOAT, "f", 2.0**-HIDDEN_BITS),
        onnx.scalar("hidden.zero_point", onnx.UINT8, "B", 0),
    ]
    initialisers += _layer("hidden", network.weights_1, network.biases_1, settings.inputs)
    initialisers += _layer("scores", network.weights_2, network.biases_2, settings.hidden)
    inputs = [onnx.value("features", onnx.FLOAT, ["batch", settings.inputs])]
    outputs = [onnx.value("scores", onnx.FLOAT, ["batch", settings.classes]), onnx.value("label", onnx.INT64, ["batch", 1])]
    return onnx.model(name, "lamina", nodes, initialisers, inputs, outputs, [("", 17), ("com.microsoft", 1)])
