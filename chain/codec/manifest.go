package codec

import "crypto/sha256"

// Bounds of a manifest. Source: docs/spec/manifest.md.
const (
	ManifestTag          = "lamina/manifest/1"
	ManifestNameMax      = 64
	ManifestFilesMax     = 64
	ManifestTensorsMax   = 32
	ManifestProfilesMax  = 64
	ManifestLabelsMax    = 4096
	ManifestVersionedMax = 4
	RankMax              = 8
	DimensionMax         = 1<<31 - 1
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

// ElementType is ONNX's number of a tensor's element type.
type ElementType uint8

// Size is an element's length in bytes, 0 for a type that is not one of ours.
func (t ElementType) Size() int {
	switch t {
	case 2, 3, 9: // uint8, int8, bool
		return 1
	case 4, 5, 10: // uint16, int16, float16
		return 2
	case 1, 6, 12: // float32, int32, uint32
		return 4
	case 7, 11, 13: // int64, float64, uint64
		return 8
	}
	return 0
}
