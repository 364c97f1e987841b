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
	os.Exit(1)
}

func (f failure) Fatalf(format string, arguments ...any) { f.Fatal(fmt.Sprintf(format, arguments...)) }
