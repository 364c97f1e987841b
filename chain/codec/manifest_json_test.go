package codec

import (
	"encoding/json"
	"strconv"
	"testing"
)

func decode[T any](t *testing.T, data json.RawMessage) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatalf("decode a vector: %v", err)
	}
	return value
}

var typeNames = map[ElementType]string{
	Float32: "float32", Uint8: "uint8", Int8: "int8", Uint16: "uint16", Int16: "int16", Int32: "int32", Int64: "int64",
	Bool: "bool", Float16: "float16", Float64: "float64", Uint32: "uint32", Uint64: "uint64",
}

// manifestJSON is the form that people read, as packages/codec writes it.
func manifestJSON(t *testing.T, m *Manifest) map[string]any {
	t.Helper()
	document := map[string]any{
		"format": ManifestTag, "name": m.Name, "task": m.Task, "licence": m.Licence, "source": m.Source,
		"files": listOf(m.Files, func(file ManifestFile) any {
			return map[string]any{"path": file.Path, "size": strconv.FormatUint(file.Size, 10), "sha256": plain(t, file.SHA256)}
		}),
		"graph": m.Graph, "inputs": listOf(m.Inputs, specJSON), "outputs": listOf(m.Outputs, specJSON),
		"profiles": listOf(m.Profiles, func(p Profile) any {
			return map[string]any{
				"id": p.ID, "unitsPerItem": strconv.FormatUint(p.UnitsPerItem, 10),
				"inputs": listOf(p.Inputs, dimsJSON), "outputs": listOf(p.Outputs, dimsJSON),
			}
		}),
		"labels": listOf(m.Labels, func(label string) any { return label }),
		"levels": listOf(m.Levels, func(level uint8) any { return int(level) }),
	}
	if m.Tokenizer != nil {
		document["tokenizer"] = map[string]any{"kind": m.Tokenizer.Kind, "path": m.Tokenizer.Path}
	}
	if m.Padding != nil {
		pads := listOf(m.Padding.Values, func(pad uint64) any { return strconv.FormatInt(int64(pad), 10) })
		document["padding"] = map[string]any{"mask": m.Padding.Mask, "pads": pads}
	}
	return document
}

func specJSON(spec TensorSpec) any {
	return map[string]any{"name": spec.Name, "type": typeNames[spec.Type]}
}

func dimsJSON(dims []uint32) any {
	return listOf(dims, func(dim uint32) any { return dim })
}

func listOf[T any](values []T, each func(T) any) []any {
	list := make([]any, len(values))
	for index, value := range values {
		list[index] = each(value)
	}
	return list
}
