package genesis

import (
	"embed"
	"encoding/json"
	"fmt"
	"time"
)

//go:embed presets/*.json
var presetFiles embed.FS

// Preset is a set of parameters for one kind of network, kept under presets/ by name.
type Preset struct {
	Name string `json:"name"`
	// EvidenceAgeSeconds is how long a validator's double signature counts; it equals the unbonding time, so that
	// the stake is still there.
	EvidenceAgeSeconds int64 `json:"evidence_age_seconds"`
	// EvidenceAgeBlocks is the same in blocks; evidence expires when both have passed.
	EvidenceAgeBlocks int64 `json:"evidence_age_blocks"`
	// Modules maps a module to the part of its genesis state that differs from its default.
	Modules map[string]json.RawMessage `json:"modules"`
}

// EvidenceAge is EvidenceAgeSeconds as a duration.
func (p Preset) EvidenceAge() time.Duration { return time.Duration(p.EvidenceAgeSeconds) * time.Second }

// LoadPreset returns the preset called name: `minimal` (short windows, for devnets and tests) or `mainnet`.
func LoadPreset(name string) (Preset, error) {
	encoded, err := presetFiles.ReadFile("presets/" + name + ".json")
	if err != nil {
		return Preset{}, fmt.Errorf("expected preset minimal or mainnet, found %q", name)
	}
	var preset Preset
	if err := json.Unmarshal(encoded, &preset); err != nil {
		return Preset{}, fmt.Errorf("read preset %q: %w", name, err)
	}
	if preset.Name != name {
		return Preset{}, fmt.Errorf("preset file %q: expected its own name, found %q", name, preset.Name)
	}
	return preset, nil
}
