// Command consensuslint runs the linter by itself: go run ./tools/consensuslint/cmd/consensuslint ./x/... ./codec/...
package main

import (
	"golang.org/x/tools/go/analysis/singlechecker"

	"github.com/lamina-network/lamina/chain/tools/consensuslint"
)

func main() { singlechecker.Main(consensuslint.Analyzer) }
