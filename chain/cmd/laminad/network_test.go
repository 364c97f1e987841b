package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/cometbft/cometbft/rpc/client/http"

	"github.com/lamina-network/lamina/chain/cmd/laminad/devnet"
)

// patience is how long a network may take for what it will certainly do, on a machine busy with other tests.
const patience = 3 * time.Minute

// A network of four goes on without one, which catches up when it comes back (I33, T55).
func TestFourValidatorsOutliveTheLossOfOne(t *testing.T) {
	network := startNetwork(t, 4)
	network.waitForHeight(t, 0, 3)
	network.stop(t, 3)
	height := network.height(t, 0)
	network.waitForHeight(t, 0, height+3)
	network.start(t, 3)
	network.waitForHeight(t, 3, height+4)
	network.requireEqualHistory(t, height+3)
}

// When all stop at once, they go on from where they were.
func TestAllValidatorsKilledAtOnceGoOn(t *testing.T) {
	network := startNetwork(t, 2)
	network.waitForHeight(t, 0, 3)
	network.stop(t, 0)
	network.stop(t, 1)
	network.start(t, 0)
	network.start(t, 1)
	network.waitForHeight(t, 0, 6)
	network.requireEqualHistory(t, 5)
}

// An exported state starts a node, which makes the next block.
func TestExportedStateStartsANode(t *testing.T) {
	network := startNetwork(t, 1)
	// A node tells of a block before its state is committed: killed in between, the state stands one height lower.
	network.waitForHeight(t, 0, 4)
	network.stop(t, 0)
	home := network.summary.Nodes[0].Home
	exported := filepath.Join(t.TempDir(), "exported.json")
	mustRun(t, "export", "--home", home, "--output-document", exported)
	var document struct {
		InitialHeight any `json:"initial_height"`
	}
	content := readFile(t, exported)
	if err := json.Unmarshal([]byte(content), &document); err != nil {
		t.Fatalf("read the export: %v", err)
	}
	height, err := strconv.ParseInt(fmt.Sprint(document.InitialHeight), 10, 64)
	if err != nil || height < 4 {
		t.Fatalf("expected an initial height after the last block, found %v", document.InitialHeight)
	}
	mustRun(t, "comet", "unsafe-reset-all", "--home", home)
	if err := os.WriteFile(filepath.Join(home, "config", "genesis.json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	network.start(t, 0)
	network.waitForHeight(t, 0, height+1)
}

type network struct {
	summary   devnet.Summary
	processes []*exec.Cmd
}

func startNetwork(t *testing.T, validators int, arguments ...string) *network {
	t.Helper()
	summary := initDevnet(t, append(arguments, "--validators", strconv.Itoa(validators), "--port-base", strconv.Itoa(freePorts(t, validators)),
		"--timeout-commit", "200ms")...)
	started := &network{summary: summary, processes: make([]*exec.Cmd, validators)}
	for index := range validators {
		started.start(t, index)
	}
	return started
}

func (n *network) start(t *testing.T, index int) {
	t.Helper()
	home := n.summary.Nodes[index].Home
	process := node(context.Background(), "start", "--home", home, "--log_level", "error")
	log, err := os.OpenFile(filepath.Join(home, "node.log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	process.Stdout, process.Stderr = log, log
	if err := process.Start(); err != nil {
		t.Fatalf("start node %d: %v", index, err)
	}
	n.processes[index] = process
	t.Cleanup(func() {
		if n.processes[index] == process {
			n.stop(t, index)
		}
		if err := log.Close(); err != nil {
			t.Errorf("close the log of node %d: %v", index, err)
		}
		if t.Failed() {
			t.Logf("node %d:\n%s", index, readFile(t, log.Name()))
		}
	})
}

// stop kills a node without notice, as a power cut does.
func (n *network) stop(t *testing.T, index int) {
	t.Helper()
	process := n.processes[index]
	n.processes[index] = nil
	if err := process.Process.Kill(); err != nil {
		t.Errorf("kill node %d: %v", index, err)
	}
	// A killed process always reports that it was.
	if err := process.Wait(); err == nil {
		t.Errorf("node %d: expected it to have run until it was killed", index)
	}
}

// height is a node's last height, 0 while it does not answer.
func (n *network) height(t *testing.T, index int) int64 {
	t.Helper()
	client, err := http.New(n.summary.Nodes[index].RPC, "/websocket")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	status, err := client.Status(ctx)
	if err != nil {
		return 0
	}
	return status.SyncInfo.LatestBlockHeight
}

func (n *network) waitForHeight(t *testing.T, index int, height int64) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if n.height(t, index) >= height {
			return
		}
	}
	t.Fatalf("node %d: expected height %d within %s, found %d", index, height, patience, n.height(t, index))
}

// requireEqualHistory compares block hashes, which cover the app hash of the height before, on all nodes.
func (n *network) requireEqualHistory(t *testing.T, height int64) {
	t.Helper()
	var expected string
	for index, written := range n.summary.Nodes {
		n.waitForHeight(t, index, height)
		client, err := http.New(written.RPC, "/websocket")
		if err != nil {
			t.Fatal(err)
		}
		block, err := client.Block(t.Context(), &height)
		if err != nil {
			t.Fatalf("node %d: block %d: %v", index, height, err)
		}
		found := block.BlockID.Hash.String()
		if expected == "" {
			expected = found
		}
		if found != expected {
			t.Fatalf("height %d: expected block %s on node %d, found %s", height, expected, index, found)
		}
	}
}

// freePorts finds a range in which all of a network's ports are free now.
func freePorts(t *testing.T, validators int) int {
	t.Helper()
	for range 100 {
		probe, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		base := probe.Addr().(*net.TCPAddr).Port
		if err := probe.Close(); err != nil {
			t.Fatal(err)
		}
		if base+10*validators <= 65535 && allFree(base, 10*validators) {
			return base
		}
	}
	t.Fatal("expected a free range of ports, found none in 100 tries")
	return 0
}

func allFree(base, count int) bool {
	for port := base; port < base+count; port++ {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return false
		}
		if err := listener.Close(); err != nil {
			return false
		}
	}
	return true
}
