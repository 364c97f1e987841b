package codec

import (
	"math/bits"
	"strconv"

	"github.com/lamina-network/lamina/chain/codec/merkle"
)

// Bounds and layout of tensors. Source: docs/spec/commitments.md.
const (
	RankMax      = 8
	DimensionMax = 1<<31 - 1
	LeafBytes    = 1024
	tagTensor    = "lamina/tensor/1"
)

// ElementType is ONNX's number of a tensor's element type.
type ElementType uint8

// Element types of tensors.
const (
	Float32 ElementType = 1
	Uint8   ElementType = 2
	Int8    ElementType = 3
	Uint16  ElementType = 4
	Int16   ElementType = 5
	Int32   ElementType = 6
	Int64   ElementType = 7
	Bool    ElementType = 9
	Float16 ElementType = 10
	Float64 ElementType = 11
	Uint32  ElementType = 12
	Uint64  ElementType = 13
)

// Size is an element's length in bytes, 0 for a number that is no element type.
func (t ElementType) Size() int {
	switch t {
	case Uint8, Int8, Bool:
		return 1
	case Uint16, Int16, Float16:
		return 2
	case Float32, Int32, Uint32:
		return 4
	case Int64, Float64, Uint64:
		return 8
	}
	return 0
}

// Tensor holds its elements little-endian in row-major order; no dimensions is one element.
type Tensor struct {
	Type ElementType
	Dims []uint32
	Data []byte
}

// problem tells why a tensor is none: type, rank, a dimension, the byte length, a bool that is neither 0 nor 1.
func (t *Tensor) problem() *EncodeError {
	if t.Type.Size() == 0 {
		return broken("tensor.type", "an element type of docs/spec/commitments.md", strconv.Itoa(int(t.Type)))
	}
	if problem := shapeProblem("tensor", t.Dims); problem != nil {
		return problem
	}
	size, overflow := uint64(t.Type.Size()), uint64(0)
	for _, dim := range t.Dims {
		if overflow, size = bits.Mul64(size, uint64(dim)); overflow != 0 {
			return broken("tensor.dims", "a tensor below 2^64 bytes", "more")
		}
	}
	if size != uint64(len(t.Data)) {
		return broken("tensor.data", strconv.FormatUint(size, 10)+" bytes", strconv.Itoa(len(t.Data)))
	}
	if t.Type != Bool {
		return nil
	}
	for _, value := range t.Data {
		if value > 1 {
			return broken("tensor.data", "bools of 0 or 1", strconv.Itoa(int(value)))
		}
	}
	return nil
}

// Leaves cuts a valid tensor's data: each row (last axis) into pieces of 1,024 bytes, the last one shorter. Views, no copies.
func (t *Tensor) Leaves() [][]byte {
	rowBytes := t.Type.Size()
	if len(t.Dims) > 0 {
		rowBytes *= int(t.Dims[len(t.Dims)-1])
	}
	leaves := make([][]byte, 0, len(t.Data)/LeafBytes+1)
	for row := 0; row < len(t.Data); row += rowBytes {
		for start := 0; start < rowBytes; start += LeafBytes {
			leaves = append(leaves, t.Data[row+start:row+min(start+LeafBytes, rowBytes)])
		}
	}
	return leaves
}

// LeafSalt gives the 16 bytes of a job tensor's leaf, counted from 0.
type LeafSalt func(leaf uint64) [LeafSaltBytes]byte

// TensorCommitment commits to one tensor: of a model where salt is nil, else of a job. It fails for what is no tensor.
func TensorCommitment(tensor *Tensor, salt LeafSalt) (Digest, error) {
	if problem := tensor.problem(); problem != nil {
		return Digest{}, problem
	}
	leaves := tensor.Leaves()
	w := newWriter(128)
	w.str8(tagTensor)
	w.u8(uint8(tensor.Type))
	w.u8(uint8(len(tensor.Dims)))
	for _, dim := range tensor.Dims {
		w.u32(dim)
	}
	salted := uint8(0)
	if salt != nil {
		salted = 1
	}
	w.u8(salted)
	w.u64(uint64(len(leaves)))
	w.digest(leavesRoot(leaves, salt))
	return w.hash(), nil
}

func leavesRoot(leaves [][]byte, salt LeafSalt) Digest {
	var log merkle.Log
	for index, payload := range leaves {
		if salt == nil {
			log.Append(payload)
			continue
		}
		leaf := salt(uint64(index))
		log.Append(append(leaf[:], payload...))
	}
	return log.Root()
}
