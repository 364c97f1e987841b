package testutil

import (
	"fmt"
	"testing"
)

// RequireExportFixedPoint exports a chain, starts a second one from the export and fails unless that one, before its
// first block, exports the same (I22). The second chain must also live on.
func RequireExportFixedPoint(tb testing.TB, chain *Chain) {
	tb.Helper()
	first := chain.Export()
	second := fromGenesis(tb, first, chain.Validators)
	second.initChain(second.App)
	// Nothing is committed before the first block: the imported state lies in the block to come.
	again, err := second.App.ExportState(second.App.GetContextForFinalizeBlock(nil), nil)
	second.noError(err, "export the imported state")
	if string(first.AppState) != string(again) {
		tb.Fatalf("expected export, import, export to give the same state; first difference at\n%s", firstDifference(first.AppState, again))
	}
	second.Advance(3)
}

// firstDifference shows the surroundings of the first byte in which two texts differ.
func firstDifference(first, again []byte) string {
	const around = 120
	for index := range min(len(first), len(again)) {
		if first[index] != again[index] {
			from := max(index-around, 0)
			return fmt.Sprintf("%s\n--- imported ---\n%s",
				first[from:min(index+around, len(first))], again[from:min(index+around, len(again))])
		}
	}
	return "the end of the shorter"
}
