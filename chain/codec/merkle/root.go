package merkle

import "math/bits"

// Root is the root over leaf data.
func Root(leaves [][]byte) Digest {
	hashes := make([]Digest, len(leaves))
	for index, leaf := range leaves {
		hashes[index] = HashLeaf(leaf)
	}
	return RootOfHashes(hashes)
}

// RootOfHashes is the root over leaf hashes, which it leaves as they are.
func RootOfHashes(leafHashes []Digest) Digest {
	var log Log
	for _, hash := range leafHashes {
		log.AppendHash(hash)
	}
	return log.Root()
}

// splitWidth is the largest power of two below width: where RFC 9162 splits a tree of at least two leaves.
func splitWidth(width uint64) uint64 {
	return uint64(1) << (bits.Len64(width-1) - 1)
}
