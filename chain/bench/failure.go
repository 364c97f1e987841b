package main

import (
	"fmt"
	"os"
	"testing"
)

// failure lets a program use the tests' chain: what would fail a test ends the program.
type failure struct{ testing.TB }

func (failure) Helper()        {}
func (failure) Cleanup(func()) {}

func (failure) Fatal(arguments ...any) {
	fmt.Fprintln(os.Stderr, arguments...)
	endAll()
	os.Exit(1)
}

func (f failure) Fatalf(format string, arguments ...any) { f.Fatal(fmt.Sprintf(format, arguments...)) }

// ends is what has to be undone when the program ends, however it does.
var ends []func()

func end(undo func()) { ends = append(ends, undo) }

// endAll undoes the last first; one that fails does not come twice.
func endAll() {
	for len(ends) > 0 {
		last := ends[len(ends)-1]
		ends = ends[:len(ends)-1]
		last()
	}
}
