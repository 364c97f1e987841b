// Package vectors reads test/vectors, which the TypeScript and the Go suites both pass (I19).
package vectors

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Vector is one case: an input, and either what comes of it or the kind of error that refuses it.
type Vector struct {
	Name     string          `json:"name"`
	Input    json.RawMessage `json:"input"`
	Expected json.RawMessage `json:"expected"`
	Error    string          `json:"error"`
}

// Load reads test/vectors/<topic>.json, wherever in the repository the test runs.
func Load(tb testing.TB, topic string) []Vector {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(root(tb), "test", "vectors", filepath.FromSlash(topic)+".json"))
	if err != nil {
		tb.Fatalf("read vectors: %v", err)
	}
	var all []Vector
	if err := json.Unmarshal(data, &all); err != nil {
		tb.Fatalf("decode vectors %s: %v", topic, err)
	}
	if len(all) == 0 {
		tb.Fatalf("expected vectors in %s, found none", topic)
	}
	return all
}

// root is the folder above that holds test/vectors.
func root(tb testing.TB) string {
	tb.Helper()
	folder, err := os.Getwd()
	if err != nil {
		tb.Fatalf("find the working folder: %v", err)
	}
	for {
		if info, err := os.Stat(filepath.Join(folder, "test", "vectors")); err == nil && info.IsDir() {
			return folder
		}
		above := filepath.Dir(folder)
		if above == folder {
			tb.Fatal("expected test/vectors in a folder above the test, found none")
		}
		folder = above
	}
}

// Run gives every vector of a topic to evaluate, as a subtest. evaluate's value, encoded as JSON, must be what is
// expected; its error must be of the kind that is named, as kindOf tells.
func Run[Input any](t *testing.T, topic string, kindOf func(error) string, evaluate func(*testing.T, Input) (any, error)) {
	for _, vector := range Load(t, topic) {
		t.Run(topic+"/"+vector.Name, func(t *testing.T) {
			var input Input
			if err := json.Unmarshal(vector.Input, &input); err != nil {
				t.Fatalf("decode the input: %v", err)
			}
			value, err := evaluate(t, input)
			if err != nil || vector.Error != "" {
				checkError(t, vector.Error, kindOf, err)
				return
			}
			found, err := json.Marshal(value)
			if err != nil {
				t.Fatalf("encode the result: %v", err)
			}
			if expected := canonical(t, vector.Expected); canonical(t, found) != expected {
				t.Errorf("expected %s, found %s", expected, canonical(t, found))
			}
		})
	}
}

func checkError(t *testing.T, expected string, kindOf func(error) string, err error) {
	t.Helper()
	found := "accepted"
	if err != nil {
		found = kindOf(err)
	}
	if expected == "" {
		expected = "accepted"
	}
	if found != expected {
		t.Errorf("expected %s, found %s: %v", expected, found, err)
	}
}

// canonical spells JSON in one way: object members in order of names.
func canonical(t *testing.T, data []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		t.Fatalf("decode JSON: %v", err)
	}
	spelled, err := json.Marshal(value)
	if err != nil {
		t.Fatalf("encode JSON: %v", err)
	}
	return string(spelled)
}
