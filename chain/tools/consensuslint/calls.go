package consensuslint

import (
	"go/ast"
	"go/types"
	"strconv"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// forbiddenImports read what differs between nodes: randomness, environment, network, memory layout.
var forbiddenImports = map[string]string{
	"crypto/rand":  "randomness differs from node to node",
	"math/rand":    "randomness differs from node to node",
	"math/rand/v2": "randomness differs from node to node",
	"net":          "the network differs from node to node",
	"net/http":     "the network differs from node to node",
	"os":           "files and environment differ from node to node",
	"os/exec":      "processes differ from node to node",
	"runtime":      "the machine differs from node to node",
	"sync":         "consensus code runs in one goroutine",
	"syscall":      "the machine differs from node to node",
	"unsafe":       "memory layout differs from node to node",
}

// clockFunctions of package time read or wait for the machine's own clock.
var clockFunctions = map[string]bool{
	"Now": true, "Since": true, "Until": true, "Sleep": true, "After": true, "AfterFunc": true, "Tick": true,
	"NewTimer": true, "NewTicker": true,
}

func (c *checker) checkImports(file *ast.File) {
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if why, forbidden := forbiddenImports[path]; forbidden {
			c.pass.Reportf(spec.Pos(), "import of %s: %s", path, why)
		}
	}
}

func (c *checker) checkCall(call *ast.CallExpr, wiring bool) {
	if c.isBuiltin(call, "panic") {
		c.reportPanic(call, "panic", wiring)
		return
	}
	function, ok := typeutil.Callee(c.pass.TypesInfo, call).(*types.Func)
	if !ok {
		return
	}
	name := function.Name()
	switch packagePath(function) {
	case "time":
		if clockFunctions[name] {
			c.pass.Reportf(call.Pos(), "time.%s: clocks differ from node to node; use the block's time", name)
		}
	case "maps":
		if name != "Clone" && name != "Copy" && name != "Equal" && !c.markers.has(c.pass, markOrdered, call.Pos()) {
			c.pass.Reportf(call.Pos(), "maps.%s: its order differs from node to node; sort, and answer with //consensus:ordered WHY", name)
		}
	case "log":
		c.pass.Reportf(call.Pos(), "log.%s: use the context's logger", name)
	}
	if strings.HasPrefix(name, "Must") {
		c.reportPanic(call, name, wiring)
	}
}

func (c *checker) reportPanic(call *ast.CallExpr, what string, wiring bool) {
	if !wiring && !c.markers.has(c.pass, markWiring, call.Pos()) {
		c.pass.Reportf(call.Pos(), "%s: a panic in a block's begin or end stops every node; return an error", what)
	}
}

func (c *checker) isBuiltin(call *ast.CallExpr, name string) bool {
	identifier, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || identifier.Name != name {
		return false
	}
	_, builtin := c.pass.TypesInfo.Uses[identifier].(*types.Builtin)
	return builtin
}

func packagePath(function *types.Func) string {
	if function.Pkg() == nil {
		return ""
	}
	return function.Pkg().Path()
}
