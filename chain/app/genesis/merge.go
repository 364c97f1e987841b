package genesis

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/lamina-network/lamina/chain/app"
)

// mergeModules lays partial module states over state. An unknown module or field is an error: a misspelt parameter
// must not silently keep its default.
func mergeModules(state app.GenesisState, layer map[string]json.RawMessage) error {
	for name, partial := range layer {
		base, ok := state[name]
		if !ok {
			return fmt.Errorf("genesis override: expected a module of this chain, found %q", name)
		}
		merged, err := mergeJSON(base, partial, name)
		if err != nil {
			return err
		}
		state[name] = merged
	}
	return nil
}

// mergeJSON returns base with the fields of partial in place of its own. Objects merge field by field, everything
// else is replaced. path names the place in errors.
func mergeJSON(base, partial json.RawMessage, path string) (json.RawMessage, error) {
	var baseFields, partialFields map[string]json.RawMessage
	if !isObject(base) || !isObject(partial) {
		return partial, nil
	}
	if err := json.Unmarshal(base, &baseFields); err != nil {
		return nil, fmt.Errorf("genesis of %s: %w", path, err)
	}
	if err := json.Unmarshal(partial, &partialFields); err != nil {
		return nil, fmt.Errorf("genesis override of %s: %w", path, err)
	}
	for name, value := range partialFields {
		old, ok := baseFields[name]
		if !ok {
			return nil, fmt.Errorf("genesis override: %s has no field %q", path, name)
		}
		merged, err := mergeJSON(old, value, path+"."+name)
		if err != nil {
			return nil, err
		}
		baseFields[name] = merged
	}
	return json.Marshal(baseFields)
}

func isObject(encoded json.RawMessage) bool {
	return bytes.HasPrefix(bytes.TrimSpace(encoded), []byte("{"))
}
