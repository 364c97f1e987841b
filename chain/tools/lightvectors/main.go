// Command lightvectors writes test/vectors/light-client: headers, validator sets, votes, commits and store proofs made by CometBFT and the SDK's own
// store, with what CometBFT's light client says of them. Run it from chain/: go run ./tools/lightvectors ../test/vectors/light-client
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// vector is one case of a vectors file: bytes as hex, integers as decimal strings.
type vector struct {
	Name     string `json:"name"`
	Input    any    `json:"input"`
	Expected any    `json:"expected"`
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("expected the folder to write to, found %d arguments", len(args))
	}
	stores, err := storeProofVectors()
	if err != nil {
		return err
	}
	chains, err := chainVectors()
	if err != nil {
		return err
	}
	files := map[string][]vector{
		"headers":        headerVectors(),
		"validator-sets": validatorSetVectors(),
		"votes":          voteVectors(),
		"chains":         chains,
		"store-proofs":   stores,
	}
	for name, vectors := range files {
		if err := writeVectors(filepath.Join(args[0], name+".json"), vectors); err != nil {
			return err
		}
	}
	return nil
}

func writeVectors(path string, vectors []vector) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	text := []byte("[\n")
	for i, each := range vectors {
		line, err := json.Marshal(each)
		if err != nil {
			return fmt.Errorf("%s: %w", each.Name, err)
		}
		text = append(append(text, "  "...), line...)
		if i < len(vectors)-1 {
			text = append(text, ',')
		}
		text = append(text, '\n')
	}
	return os.WriteFile(path, append(text, "]\n"...), 0o644)
}
