package merkle

import "math/bits"

// VerifyInclusion tells whether data is leaf number index under root of a tree of size leaves. Siblings run from leaf
// to root. Source: RFC 9162 §2.1.3.2.
func VerifyInclusion(root Digest, data []byte, size, index uint64, siblings []Digest) bool {
	if index >= size {
		return false
	}
	position, last, node := index, size-1, HashLeaf(data)
	for _, sibling := range siblings {
		if last == 0 {
			return false
		}
		if position&1 == 1 || position == last {
			node = HashNode(sibling, node)
			position, last = skipUneven(position, last)
		} else {
			node = HashNode(node, sibling)
		}
		position, last = position>>1, last>>1
	}
	return last == 0 && node == root
}

// skipUneven climbs to the level where the last node of an uneven level has its sibling.
func skipUneven(position, last uint64) (uint64, uint64) {
	for position&1 == 0 && position != 0 {
		position, last = position>>1, last>>1
	}
	return position, last
}

// VerifyConsistency tells whether the log of newSize leaves begins with the very leaves of the log of oldSize. An old
// size of 0 holds with the root of no leaves and an empty proof, equal sizes with equal roots and an empty proof.
// Source: RFC 9162 §2.1.4.2.
func VerifyConsistency(oldSize, newSize uint64, oldRoot, newRoot Digest, proof []Digest) bool {
	switch {
	case oldSize > newSize:
		return false
	case oldSize == 0 && oldRoot != EmptyRoot():
		return false
	case oldSize == newSize:
		return len(proof) == 0 && oldRoot == newRoot
	case oldSize == 0:
		return len(proof) == 0
	}
	if bits.OnesCount64(oldSize) == 1 {
		// The old tree is itself a node of the new one; the verifier has it already.
		proof = append([]Digest{oldRoot}, proof...)
	}
	if len(proof) == 0 {
		return false
	}
	return climb(oldSize, newSize, oldRoot, newRoot, proof)
}

func climb(oldSize, newSize uint64, oldRoot, newRoot Digest, path []Digest) bool {
	position, last := oldSize-1, newSize-1
	for position&1 == 1 {
		position, last = position>>1, last>>1
	}
	oldNode, newNode := path[0], path[0]
	for _, sibling := range path[1:] {
		if last == 0 {
			return false
		}
		if position&1 == 1 || position == last {
			oldNode, newNode = HashNode(sibling, oldNode), HashNode(sibling, newNode)
			position, last = skipUneven(position, last)
		} else {
			newNode = HashNode(newNode, sibling)
		}
		position, last = position>>1, last>>1
	}
	return last == 0 && oldNode == oldRoot && newNode == newRoot
}
