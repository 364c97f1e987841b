package types

import (
	"strings"

	"github.com/lamina-network/lamina/chain/codec"
)

const versionBytesMax = 32

// NewModel keeps of a decoded manifest what settling a row needs, beside the bytes themselves.
func NewModel(id codec.Digest, publisher string, height uint64, manifest *codec.Manifest, bytes []byte) Model {
	model := Model{ModelId: id[:], Publisher: publisher, RegisteredHeight: height, Manifest: bytes}
	for _, profile := range manifest.Profiles {
		model.Profiles = append(model.Profiles, &Profile{Id: uint32(profile.ID), UnitsPerItem: profile.UnitsPerItem})
	}
	for _, level := range manifest.Levels {
		model.Levels = append(model.Levels, uint32(level))
	}
	return model
}

// IsVersion tells whether text is 1–32 of `a-z 0-9 . -`.
func IsVersion(text string) bool {
	return text != "" && len(text) <= versionBytesMax && isPlain(strings.ReplaceAll(text, ".", ""))
}
