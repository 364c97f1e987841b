package consensuslint_test

import (
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"

	"github.com/lamina-network/lamina/chain/tools/consensuslint"
)

func TestFindsEachFaultAndNothingElse(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), consensuslint.Analyzer, "consensus", "consensus/simulation")
}

// consensusPackages run inside a block.
var consensusPackages = []string{"./x/...", "./codec/..."}

func TestConsensusCodeIsClean(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Dir: "../.."}, consensusPackages...)
	if err != nil {
		t.Fatalf("load consensus packages: %v", err)
	}
	if len(loaded) == 0 {
		t.Fatal("expected consensus packages, found none")
	}
	graph, err := checker.Analyze([]*analysis.Analyzer{consensuslint.Analyzer}, loaded, nil)
	if err != nil {
		t.Fatalf("analyze: %v", err)
	}
	for _, action := range graph.Roots {
		if action.Err != nil {
			t.Errorf("%s: %v", action.Package.PkgPath, action.Err)
		}
		for _, finding := range action.Diagnostics {
			t.Errorf("%s: %s", action.Package.Fset.Position(finding.Pos), finding.Message)
		}
	}
}
