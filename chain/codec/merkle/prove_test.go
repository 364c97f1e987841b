package merkle

import (
	"encoding/binary"
	"testing"
)

func leafHashes(count int) []Digest {
	hashes := make([]Digest, count)
	for index := range hashes {
		hashes[index] = HashLeaf(binary.BigEndian.AppendUint64(nil, uint64(index)))
	}
	return hashes
}

// rootByDefinition is RFC 9162 §2.1.1 word for word, beside which the log's peaks are held.
func rootByDefinition(hashes []Digest) Digest {
	switch len(hashes) {
	case 0:
		return EmptyRoot()
	case 1:
		return hashes[0]
	}
	split := 1
	for split*2 < len(hashes) {
		split *= 2
	}
	return HashNode(rootByDefinition(hashes[:split]), rootByDefinition(hashes[split:]))
}

func TestEveryLeafIsProvedAtItsPlaceAlone(t *testing.T) {
	for size := 1; size <= 33; size++ {
		hashes := leafHashes(size)
		root := RootOfHashes(hashes)
		if root != rootByDefinition(hashes) {
			t.Fatalf("%d leaves: expected the root of the definition", size)
		}
		for index := range size {
			siblings, err := ProveInclusion(hashes, uint64(index))
			if err != nil {
				t.Fatal(err)
			}
			data := binary.BigEndian.AppendUint64(nil, uint64(index))
			for claimed := range size + 1 {
				if holds := VerifyInclusion(root, data, uint64(size), uint64(claimed), siblings); holds != (claimed == index) {
					t.Errorf("%d leaves: leaf %d claimed at %d: expected %v, found %v", size, index, claimed, claimed == index, holds)
				}
			}
		}
	}
	if _, err := ProveInclusion(leafHashes(3), 3); err == nil {
		t.Error("expected an index past the last leaf to be refused")
	}
}

func TestALogRefusesOtherPeaksThanItsSizeHas(t *testing.T) {
	for size, peaks := range map[uint64]int{0: 1, 3: 1, 4: 2, 7: 4} {
		if _, err := NewLog(size, make([]Digest, peaks)); err == nil {
			t.Errorf("expected %d peaks of %d leaves to be refused", peaks, size)
		}
	}
	for _, length := range []int{0, 7, 9, 39} {
		if _, err := DecodeLog(make([]byte, length)); err == nil {
			t.Errorf("expected a log of %d bytes to be refused", length)
		}
	}
}
