package consensuslint

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

const (
	markOrdered = "//consensus:ordered"
	markWiring  = "//consensus:wiring"
)

// markers maps a marker to the lines it stands on in one file.
type markers map[string]map[int]bool

// readMarkers collects markers and reports those without a reason.
func readMarkers(pass *analysis.Pass, file *ast.File) markers {
	found := markers{markOrdered: {}, markWiring: {}}
	for _, group := range file.Comments {
		for _, comment := range group.List {
			for mark, lines := range found {
				rest, ok := strings.CutPrefix(comment.Text, mark)
				if !ok {
					continue
				}
				if reason := strings.TrimSpace(rest); reason == "" || strings.HasPrefix(reason, "//") {
					pass.Reportf(comment.Pos(), "%s without a reason", mark)
					continue
				}
				lines[pass.Fset.Position(comment.Pos()).Line] = true
			}
		}
	}
	return found
}

// has tells whether a marker stands on the line of a position or the one above it.
func (m markers) has(pass *analysis.Pass, mark string, position token.Pos) bool {
	line := pass.Fset.Position(position).Line
	return m[mark][line] || m[mark][line-1]
}
