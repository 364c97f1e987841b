package merkle

import "fmt"

// ProveInclusion returns the siblings, leaf to root, of leaf number index of the tree over leafHashes.
func ProveInclusion(leafHashes []Digest, index uint64) ([]Digest, error) {
	if index >= uint64(len(leafHashes)) {
		return nil, fmt.Errorf("index must be below %d, found %d", len(leafHashes), index)
	}
	if len(leafHashes) == 1 {
		return nil, nil
	}
	middle := splitWidth(uint64(len(leafHashes)))
	inner, position, sibling := leafHashes[:middle], index, leafHashes[middle:]
	if index >= middle {
		inner, position, sibling = leafHashes[middle:], index-middle, leafHashes[:middle]
	}
	siblings, err := ProveInclusion(inner, position)
	if err != nil {
		return nil, err
	}
	return append(siblings, RootOfHashes(sibling)), nil
}
