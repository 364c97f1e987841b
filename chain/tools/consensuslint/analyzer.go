// Package consensuslint finds code that could make two nodes disagree, or one node stop, in packages that run inside
// consensus: iteration in map order, clocks, randomness, concurrency, floating point, panics.
//
// A finding that is no fault is answered in place, with a reason:
//
//	//consensus:ordered WHY   on a range over a map, or the line above: its order does not reach state
//	//consensus:wiring WHY    on a function, or the line above a statement: it runs only while a node is built
package consensuslint

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer checks one package. Generated files, tests and simulation helpers are not consensus code.
var Analyzer = &analysis.Analyzer{
	Name: "consensuslint",
	Doc:  "finds code that is not deterministic, or may panic, inside consensus",
	Run:  run,
}

// outsideConsensus are path elements of packages that never run in a block.
var outsideConsensus = []string{"simulation", "testutil", "client"}

func run(pass *analysis.Pass) (any, error) {
	for _, element := range strings.Split(pass.Pkg.Path(), "/") {
		for _, name := range outsideConsensus {
			if element == name {
				return nil, nil
			}
		}
	}
	for _, file := range pass.Files {
		name := pass.Fset.File(file.Pos()).Name()
		if ast.IsGenerated(file) || strings.HasSuffix(name, "_test.go") {
			continue
		}
		newChecker(pass, file).checkFile(file)
	}
	return nil, nil
}

// checker walks one file.
type checker struct {
	pass    *analysis.Pass
	markers markers
	// reportedFloats holds expressions inside one that was reported already.
	reportedFloats map[ast.Node]bool
}

func newChecker(pass *analysis.Pass, file *ast.File) *checker {
	return &checker{pass: pass, markers: readMarkers(pass, file), reportedFloats: map[ast.Node]bool{}}
}

func (c *checker) checkFile(file *ast.File) {
	c.checkImports(file)
	for _, declaration := range file.Decls {
		function, isFunction := declaration.(*ast.FuncDecl)
		wiring := isFunction && c.isWiring(function)
		ast.Inspect(declaration, func(node ast.Node) bool {
			if node != nil {
				c.checkNode(node, wiring)
			}
			return true
		})
	}
}

// isWiring tells whether a function runs only while the application is built: constructors, init, or marked so.
func (c *checker) isWiring(function *ast.FuncDecl) bool {
	name := function.Name.Name
	if function.Recv == nil && (name == "init" || strings.HasPrefix(name, "New")) {
		return true
	}
	return c.markers.has(c.pass, markWiring, function.Pos())
}

func (c *checker) checkNode(node ast.Node, wiring bool) {
	switch typed := node.(type) {
	case *ast.RangeStmt:
		c.checkRange(typed)
	case *ast.CallExpr:
		c.checkCall(typed, wiring)
	case *ast.GoStmt:
		c.pass.Reportf(typed.Pos(), "goroutine: the order in which goroutines run is not the same on every node")
	case *ast.SelectStmt:
		c.pass.Reportf(typed.Pos(), "select: its choice is random")
	case *ast.ChanType:
		c.pass.Reportf(typed.Pos(), "channel: consensus code runs in one goroutine")
	}
	if expression, ok := node.(ast.Expr); ok {
		c.checkFloat(expression)
	}
}

func (c *checker) checkRange(statement *ast.RangeStmt) {
	ranged := c.pass.TypesInfo.TypeOf(statement.X)
	if ranged == nil {
		return
	}
	if _, isMap := ranged.Underlying().(*types.Map); isMap && !c.markers.has(c.pass, markOrdered, statement.Pos()) {
		c.pass.Reportf(statement.Pos(), "range over a map: its order differs from node to node; range over sorted keys, or answer with //consensus:ordered WHY")
	}
}

// checkFloat reports the outermost expressions of floating point or complex type.
func (c *checker) checkFloat(expression ast.Expr) {
	if c.reportedFloats[expression] {
		c.coverFloats(expression)
		return
	}
	found := c.pass.TypesInfo.TypeOf(expression)
	if found == nil {
		return
	}
	basic, ok := found.Underlying().(*types.Basic)
	// Untyped constants are exact, and typed by the time they are used.
	if !ok || basic.Info()&types.IsUntyped != 0 || basic.Info()&(types.IsFloat|types.IsComplex) == 0 {
		return
	}
	c.coverFloats(expression)
	c.pass.Reportf(expression.Pos(), "floating point: %s is not exact; use integers", basic.Name())
}

func (c *checker) coverFloats(expression ast.Expr) {
	ast.Inspect(expression, func(node ast.Node) bool {
		if node != nil {
			c.reportedFloats[node] = true
		}
		return true
	})
}
