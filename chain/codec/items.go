package codec

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"github.com/lamina-network/lamina/chain/codec/merkle"
)

// Direction tells inputs from outputs.
type Direction uint8

const (
	Input  Direction = 1
	Output Direction = 2

	// LeafSaltBytes is the length of what hides a job tensor's leaf.
	LeafSaltBytes = 16
	// ItemsMax bounds a job.
	ItemsMax = 65_535

	tagSalt  = "lamina/salt/1"
	tagItems = "lamina/items/1"
)

// SaltSeed derives what the leaf salts of one direction come from, from the client's salt of 32 bytes.
func SaltSeed(salt Digest, direction Direction) Digest {
	w := newWriter(16)
	w.str8(tagSalt)
	w.u8(uint8(direction))
	return hmacSHA256(salt[:], w.bytes)
}

// SaltOfLeaf is the salt of one leaf. Opening a leaf reveals it alone; its neighbours stay hidden (T14).
func SaltOfLeaf(seed Digest, item uint32, tensor uint16, leaf uint64) (salt [LeafSaltBytes]byte) {
	name := binary.BigEndian.AppendUint32(make([]byte, 0, 14), item)
	name = binary.BigEndian.AppendUint16(name, tensor)
	full := hmacSHA256(seed[:], binary.BigEndian.AppendUint64(name, leaf))
	copy(salt[:], full[:])
	return salt
}

func hmacSHA256(key, message []byte) Digest {
	state := hmac.New(sha256.New, key)
	state.Write(message)
	return Digest(state.Sum(nil))
}

// ItemCommitments commits to every tensor of every item, salted from the client's salt.
func ItemCommitments(items [][]Tensor, direction Direction, salt Digest) ([][]Digest, error) {
	seed := SaltSeed(salt, direction)
	commitments := make([][]Digest, len(items))
	for item, tensors := range items {
		commitments[item] = make([]Digest, len(tensors))
		for position := range tensors {
			commitment, err := TensorCommitment(&tensors[position], func(leaf uint64) [LeafSaltBytes]byte {
				return SaltOfLeaf(seed, uint32(item), uint16(position), leaf)
			})
			if err != nil {
				return nil, err
			}
			commitments[item][position] = commitment
		}
	}
	return commitments, nil
}

// ItemsCommitment commits to a job's 1…65,535 items by their tensors' commitments; every item has as many, at least one.
func ItemsCommitment(commitments [][]Digest, direction Direction) (Digest, error) {
	if len(commitments) == 0 || len(commitments) > ItemsMax {
		return Digest{}, broken("items", "1…65535", strconv.Itoa(len(commitments)))
	}
	tensors := len(commitments[0])
	var log merkle.Log
	for _, item := range commitments {
		if len(item) != tensors || tensors == 0 || tensors > 1<<16-1 {
			return Digest{}, broken("items", strconv.Itoa(max(1, tensors))+" tensors in every item", strconv.Itoa(len(item)))
		}
		leaf := make([]byte, 0, len(item)*DigestBytes)
		for _, commitment := range item {
			leaf = append(leaf, commitment[:]...)
		}
		log.Append(leaf)
	}
	w := newWriter(64)
	w.str8(tagItems)
	w.u8(uint8(direction))
	w.u32(uint32(len(commitments)))
	w.u16(uint16(tensors))
	w.digest(log.Root())
	return w.hash(), nil
}
