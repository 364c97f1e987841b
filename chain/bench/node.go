package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/lamina-network/lamina/chain/cmd/laminad/devnet"
	"github.com/lamina-network/lamina/chain/testutil"
)

// nodeBatchRows is the size of the batches that the node is given: what one transaction of a devnet's sequencer holds.
const nodeBatchRows = 5_000

// Node is a running laminad, alone and by preset `minimal`, while so many rows are posted to it and become final.
type Node struct {
	Rows   int     `json:"rows"`
	Stages []Stage `json:"stages"`
}

// Stage is what the process and its folder take once so many rows are final.
type Stage struct {
	Rows   int   `json:"rows_final"`
	Height int64 `json:"height"`
	// Resident is the process's memory, Peak the most it ever was (VmRSS, VmHWM).
	Resident int64 `json:"resident_bytes"`
	Peak     int64 `json:"resident_peak_bytes"`
	// Data is the node's whole data folder, of which the blocks and the index of transactions grow with what is posted.
	Data         int64 `json:"data_bytes"`
	Application  int64 `json:"application_db_bytes"`
	Blocks       int64 `json:"blockstore_bytes"`
	Transactions int64 `json:"tx_index_bytes"`
	// State is keys and values of Lamina's own stores at this height.
	State int `json:"state_bytes"`
	Keys  int `json:"state_keys"`
}

func measureNode(rows int) Node {
	folder, err := os.MkdirTemp("", "lamina-bench-node-")
	must(err, "make a folder")
	end(func() { must(os.RemoveAll(folder), "remove the bench's folder") })
	defer endAll()
	process, written := startNode(folder)
	content, err := genutiltypes.AppGenesisFromFile(written.Genesis)
	must(err, "read the genesis")
	s := newStageOn(testutil.Follow(failure{}, content, written.Nodes[0].RPC, testutil.WithoutInvariants()), 3, 10)
	observe := func(final int) Stage {
		s.Advance(12)
		return s.observe(final, process.Process.Pid, filepath.Join(written.Nodes[0].Home, "data"))
	}
	result := Node{Rows: rows, Stages: []Stage{observe(0)}}
	for posted := 0; posted < rows; {
		for quarter := posted + rows/4; posted < quarter; posted += nodeBatchRows {
			s.deliver(s.sign(s.sequencer.Account, s.batch(nodeBatchRows)))
		}
		result.Stages = append(result.Stages, observe(posted))
	}
	return result
}

// startNode builds laminad, writes a network of one validator and starts it.
func startNode(folder string) (*exec.Cmd, devnet.Summary) {
	program := filepath.Join(folder, "laminad")
	build := exec.Command("go", "build", "-o", program, "./cmd/laminad")
	build.Stderr = os.Stderr
	must(build.Run(), "build laminad (run the bench in chain/)")
	accounts := filepath.Join(folder, "accounts.json")
	encoded, err := json.Marshal([]map[string]string{{"address": testutil.Faucet().String(), "coins": "1000000000000000000ulam"}})
	must(err, "encode the faucet's balance")
	must(os.WriteFile(accounts, encoded, 0o600), "write the faucet's balance")
	output, err := exec.Command(program, "devnet", "init", "--home-root", filepath.Join(folder, "net"), "--chain-id", testutil.ChainID,
		"--accounts", accounts, "--port-base", strconv.Itoa(freePorts())).Output()
	must(err, "write the network")
	var summary devnet.Summary
	must(json.Unmarshal(output, &summary), "read what was written")
	process := exec.Command(program, "start", "--home", summary.Nodes[0].Home, "--log_level", "error")
	process.Stderr = os.Stderr
	must(process.Start(), "start laminad")
	end(func() {
		must(process.Process.Kill(), "end laminad")
		_ = process.Wait() // it always reports that it was killed
	})
	return process, summary
}

// freePorts is the first of ten ports that are likely free: the one after one that the system has just given.
func freePorts() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err, "find free ports")
	defer listener.Close()
	return min(listener.Addr().(*net.TCPAddr).Port+1, 65_000)
}

func (s *stage) observe(final, pid int, data string) Stage {
	held := s.stored()
	return Stage{
		Rows: final, Height: s.Height(), Resident: residentBytes(pid, "VmRSS"), Peak: residentBytes(pid, "VmHWM"),
		Data: bytesBelow(data), Application: bytesBelow(filepath.Join(data, "application.db")),
		Blocks: bytesBelow(filepath.Join(data, "blockstore.db")), Transactions: bytesBelow(filepath.Join(data, "tx_index.db")),
		State: held.bytes(), Keys: held.Keys,
	}
}

func must(err error, doing string) {
	if err != nil {
		failure{}.Fatal(fmt.Sprintf("%s: %v", doing, err))
	}
}
