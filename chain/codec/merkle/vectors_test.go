package merkle

import (
	"encoding/hex"
	"strconv"
	"testing"

	"github.com/lamina-network/lamina/chain/internal/vectors"
)

func noErrors(err error) string { return err.Error() }

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	bytes, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("decode hex: %v", err)
	}
	return bytes
}

// digest tells false for what is not 32 bytes: no proof of ours can hold it.
func digest(t *testing.T, text string) (Digest, bool) {
	t.Helper()
	bytes := unhex(t, text)
	if len(bytes) != len(Digest{}) {
		return Digest{}, false
	}
	return Digest(bytes), true
}

func digests(t *testing.T, texts []string) ([]Digest, bool) {
	t.Helper()
	all := make([]Digest, len(texts))
	for index, text := range texts {
		var ok bool
		if all[index], ok = digest(t, text); !ok {
			return nil, false
		}
	}
	return all, true
}

// size tells false for numbers that no tree of ours has, such as negative ones.
func size(text string) (uint64, bool) {
	value, err := strconv.ParseUint(text, 10, 64)
	return value, err == nil
}

func TestInclusionVectors(t *testing.T) {
	type input struct {
		Root, Leaf, TreeSize, Index string
		Siblings                    []string
	}
	vectors.Run(t, "merkle/inclusion", noErrors, func(t *testing.T, in input) (any, error) {
		root, rootOK := digest(t, in.Root)
		siblings, siblingsOK := digests(t, in.Siblings)
		treeSize, sizeOK := size(in.TreeSize)
		index, indexOK := size(in.Index)
		return rootOK && siblingsOK && sizeOK && indexOK && VerifyInclusion(root, unhex(t, in.Leaf), treeSize, index, siblings), nil
	})
}

func TestConsistencyVectors(t *testing.T) {
	type input struct {
		OldSize, NewSize, OldRoot, NewRoot string
		Proof                              []string
	}
	vectors.Run(t, "merkle/consistency", noErrors, func(t *testing.T, in input) (any, error) {
		oldRoot, oldOK := digest(t, in.OldRoot)
		newRoot, newOK := digest(t, in.NewRoot)
		proof, proofOK := digests(t, in.Proof)
		oldSize, oldSizeOK := size(in.OldSize)
		newSize, newSizeOK := size(in.NewSize)
		return oldOK && newOK && proofOK && oldSizeOK && newSizeOK && VerifyConsistency(oldSize, newSize, oldRoot, newRoot, proof), nil
	})
}

func TestLogVectors(t *testing.T) {
	type input struct{ Leaves []string }
	vectors.Run(t, "merkle/log", noErrors, func(t *testing.T, in input) (any, error) {
		var log Log
		for _, leaf := range in.Leaves {
			log.Append(unhex(t, leaf))
		}
		decoded, err := DecodeLog(log.Encode())
		if err != nil {
			return nil, err
		}
		peaks, root := []string{}, decoded.Root()
		for _, peak := range decoded.Peaks {
			peaks = append(peaks, hex.EncodeToString(peak[:]))
		}
		return map[string]any{"size": strconv.FormatUint(decoded.Size, 10), "peaks": peaks, "root": hex.EncodeToString(root[:])}, nil
	})
}
