"""Writes ONNX files with the standard library alone, so that one input gives one byte string on every machine.

Field numbers: onnx/onnx.proto3 of ONNX 1.12 (IR version 8, opset 17). Fields are written in the order of their numbers, nodes and
initialisers in the order given. Tensors carry raw_data, little endian.
"""

import array
import struct
import sys

FLOAT, UINT8, INT8, INT32, INT64 = 1, 2, 3, 6, 7
IR_VERSION = 8


def _varint(value):
    value &= (1 << 64) - 1  # negative integers are written as 64-bit two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _bytes(field, data):
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _text(field, text):
    return _bytes(field, text.encode("utf-8"))


def raw(type_code, values):
    """Little-endian bytes of a list of Python numbers."""
    packed = array.array(type_code, values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def tensor(name, data_type, dims, data):
    """TensorProto: dims 1, data_type 2, name 8, raw_data 9."""
    packed_dims = b"".join(_varint(dim) for dim in dims)
    head = _bytes(1, packed_dims) if dims else b""
    return head + _number(2, data_type) + _text(8, name) + _bytes(9, data)


def scalar(name, data_type, type_code, value):
    return tensor(name, data_type, [], raw(type_code, [value]))


def integers(name, values):
    return tensor(name, INT64, [len(values)], raw("q", values))


def _attribute(name, value):
    """AttributeProto: name 1, f 2, i 3, ints 8, type 20."""
    if isinstance(value, float):
        return _text(1, name) + _varint(2 << 3 | 5) + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, 2)
    return _text(1, name) + b"".join(_number(8, each) for each in value) + _number(20, 7)


def node(operator, inputs, outputs, domain="", **attributes):
    """NodeProto: input 1, output 2, name 3, op_type 4, attribute 5, domain 7. A node is named for its first output."""
    out = b"".join(_text(1, each) for each in inputs)
    out += b"".join(_text(2, each) for each in outputs)
    out += _text(3, outputs[0]) + _text(4, operator)
    out += b"".join(_bytes(5, _attribute(name, attributes[name])) for name in sorted(attributes))
    return out + (_text(7, domain) if domain else b"")


def value(name, element_type, dims):
    """ValueInfoProto: name 1, type 2; TypeProto.tensor_type 1; a dimension is a number (dim_value 1) or a symbol (dim_param 2)."""
    shape = b"".join(_bytes(1, _number(1, dim) if isinstance(dim, int) else _text(2, dim)) for dim in dims)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, element_type) + _bytes(2, shape)))


def model(name, producer, nodes, initialisers, inputs, outputs, opsets):
    """ModelProto: ir_version 1, producer_name 2, graph 7, opset_import 8. GraphProto: node 1, name 2, initializer 5, input 11, output 12."""
    graph = b"".join(_bytes(1, each) for each in nodes) + _text(2, name)
    graph += b"".join(_bytes(5, each) for each in initialisers)
    graph += b"".join(_bytes(11, each) for each in inputs) + b"".join(_bytes(12, each) for each in outputs)
    imports = b"".join(_bytes(8, (_text(1, domain) if domain else b"") + _number(2, version)) for domain, version in opsets)
    return _number(1, IR_VERSION) + _text(2, producer) + _bytes(7, graph) + imports
