// Package merkle builds and checks RFC 9162 trees over SHA-256: roots, inclusion and consistency proofs, and append-only
// logs kept by their peaks. Sizes are always those that were signed, never the prover's (T32). Source: docs/spec/commitments.md.
package merkle

import "crypto/sha256"

// Digest is a SHA-256 hash.
type Digest = [sha256.Size]byte

const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// EmptyRoot is the root of the tree without leaves: SHA-256 of nothing.
func EmptyRoot() Digest { return sha256.Sum256(nil) }

// HashLeaf is SHA-256(00 ‖ data). The prefix keeps a leaf from ever passing for a node.
func HashLeaf(data []byte) Digest {
	// Rows are the leaves that come by the thousand, and they fit: the common case stays off the heap.
	var small [256]byte
	if len(data) < len(small) {
		small[0] = leafPrefix
		return sha256.Sum256(small[:1+copy(small[1:], data)])
	}
	hasher := sha256.New()
	hasher.Write([]byte{leafPrefix})
	hasher.Write(data)
	return Digest(hasher.Sum(nil))
}

// HashNode is SHA-256(01 ‖ left ‖ right).
func HashNode(left, right Digest) Digest {
	var bytes [1 + 2*sha256.Size]byte
	bytes[0] = nodePrefix
	copy(bytes[1:], left[:])
	copy(bytes[1+sha256.Size:], right[:])
	return sha256.Sum256(bytes[:])
}
