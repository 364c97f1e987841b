package genesis

import (
	"embed"
	"encoding/json"
	"fmt"
	"time"
)

// presets/protocol.json is packages/params/presets.json, copied by `npm run generate`: Lamina's own parameters, shared
// with TypeScript. presets/NAME.json holds those of the SDK's modules.
//
//go:embed presets/*.json
var presetFiles embed.FS

// Preset is a set of parameters for one kind of network.
type Preset struct {
	Name string
	// BlockInterval is the pause after a block that the preset's heights are counted with.
	BlockInterval time.Duration
	// BlockGasMax and BlockBytesMax bound a block (T50).
	BlockGasMax   int64
	BlockBytesMax int64
	// EvidenceAge is how long a validator's double signature counts; it equals the unbonding time, so that the stake is
	// still there. EvidenceAgeBlocks is the same in blocks; evidence expires when both have passed.
	EvidenceAge       time.Duration
	EvidenceAgeBlocks int64
	// Protocol and SDK map a module to the part of its genesis state that differs from its default.
	Protocol map[string]json.RawMessage
	SDK      map[string]json.RawMessage
}

// protocolPreset is one entry of presets/protocol.json.
type protocolPreset struct {
	BlockIntervalMs int64 `json:"block_interval_ms"`
	Consensus       struct {
		BlockMaxGas   int64 `json:"block_max_gas,string"`
		BlockMaxBytes int64 `json:"block_max_bytes,string"`
	} `json:"consensus"`
	Modules map[string]json.RawMessage `json:"modules"`
}

// sdkPreset is presets/NAME.json.
type sdkPreset struct {
	EvidenceAgeSeconds int64                      `json:"evidence_age_seconds"`
	EvidenceAgeBlocks  int64                      `json:"evidence_age_blocks"`
	Modules            map[string]json.RawMessage `json:"modules"`
}

// LoadPreset returns the preset called name: `minimal` (short windows, for devnets and tests) or `mainnet`.
func LoadPreset(name string) (Preset, error) {
	var protocols map[string]protocolPreset
	if err := readPresetFile("protocol", &protocols); err != nil {
		return Preset{}, err
	}
	protocol, ok := protocols[name]
	if !ok {
		return Preset{}, fmt.Errorf("expected preset minimal or mainnet, found %q", name)
	}
	var sdk sdkPreset
	if err := readPresetFile(name, &sdk); err != nil {
		return Preset{}, err
	}
	return Preset{
		Name:              name,
		BlockInterval:     time.Duration(protocol.BlockIntervalMs) * time.Millisecond,
		BlockGasMax:       protocol.Consensus.BlockMaxGas,
		BlockBytesMax:     protocol.Consensus.BlockMaxBytes,
		EvidenceAge:       time.Duration(sdk.EvidenceAgeSeconds) * time.Second,
		EvidenceAgeBlocks: sdk.EvidenceAgeBlocks,
		Protocol:          protocol.Modules,
		SDK:               sdk.Modules,
	}, nil
}

func readPresetFile(name string, into any) error {
	encoded, err := presetFiles.ReadFile("presets/" + name + ".json")
	if err != nil {
		return fmt.Errorf("open preset file %q: %w", name, err)
	}
	if err := json.Unmarshal(encoded, into); err != nil {
		return fmt.Errorf("read preset file %q: %w", name, err)
	}
	return nil
}
