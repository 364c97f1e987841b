package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-network/lamina/chain/cmd/laminad/devnet"
)

// asNode makes this test binary behave as laminad, so that tests run real processes without a second build.
const asNode = "LAMINA_TEST_AS_LAMINAD"

func TestMain(m *testing.M) {
	if os.Getenv(asNode) == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

// laminad runs a command to its end and returns what it printed on both outputs.
func laminad(t *testing.T, arguments ...string) (stdout, stderr string, err error) {
	t.Helper()
	command := node(t.Context(), arguments...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err = command.Run()
	return out.String(), errs.String(), err
}

func node(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Args[0], arguments...)
	command.Env = append(os.Environ(), asNode+"=1")
	return command
}

func mustRun(t *testing.T, arguments ...string) string {
	t.Helper()
	stdout, stderr, err := laminad(t, arguments...)
	if err != nil {
		t.Fatalf("laminad %s: %v\n%s", strings.Join(arguments, " "), err, stderr)
	}
	return stdout
}

func initDevnet(t *testing.T, arguments ...string) devnet.Summary {
	t.Helper()
	output := mustRun(t, append([]string{"devnet", "init", "--home-root", filepath.Join(t.TempDir(), "net")}, arguments...)...)
	var summary devnet.Summary
	if err := json.Unmarshal([]byte(output), &summary); err != nil {
		t.Fatalf("read the summary: %v\n%s", err, output)
	}
	return summary
}
