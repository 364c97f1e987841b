package codec

import (
	"crypto/sha256"
	"strconv"
)

// Bounds of a manifest. Source: docs/spec/manifest.md.
const (
	ManifestTag         = "lamina/manifest/1"
	ManifestBytesMax    = 65_536
	ManifestNameMax     = 64
	ManifestFilesMax    = 64
	ManifestTensorsMax  = 32
	ManifestProfilesMax = 64
	ManifestLabelsMax   = 4_096
	ManifestLevelsMax   = 4

	unitsPerItemRule = 1
)

// Verification levels.
const (
	LevelOptimistic uint8 = 1
	LevelQuorum     uint8 = 2
	LevelHybrid     uint8 = 3
	LevelZK         uint8 = 4
)

// ManifestFile is one file of a model, named by its digest.
type ManifestFile struct {
	Path   string
	Size   uint64
	SHA256 Digest
}

// Tokenizer names the file from which the client's side makes token ids.
type Tokenizer struct {
	Kind string
	Path string
}

// TensorSpec is an input or output of the graph, in graph order.
type TensorSpec struct {
	Name string
	Type ElementType
}

// Profile is one set of static shapes of one item, batch axis 1, and what an item of it costs.
type Profile struct {
	ID           uint16
	UnitsPerItem uint64
	Inputs       [][]uint32
	Outputs      [][]uint32
}

// Padding pads inputs at the end of axis 1, with 0 in Mask where it did; Values holds one pad per input, in two's complement.
type Padding struct {
	Mask   string
	Values []uint64
}

// Manifest is everything that a model id stands for.
type Manifest struct {
	Name      string
	Task      string
	Licence   string
	Source    string
	Files     []ManifestFile
	Graph     string
	Tokenizer *Tokenizer
	Inputs    []TensorSpec
	Outputs   []TensorSpec
	Profiles  []Profile
	Padding   *Padding
	Labels    []string
	Levels    []uint8
}

// ModelID is SHA-256 of the manifest's bytes (I26).
func ModelID(manifest []byte) Digest { return sha256.Sum256(manifest) }

// LevelName is the word for a level, or its number.
func LevelName(level uint8) string {
	switch level {
	case LevelOptimistic:
		return "optimistic"
	case LevelQuorum:
		return "quorum"
	case LevelHybrid:
		return "hybrid"
	case LevelZK:
		return "zk"
	}
	return strconv.Itoa(int(level))
}
