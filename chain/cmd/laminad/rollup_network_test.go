package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/cometbft/cometbft/rpc/client/http"

	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// Four validators under rollup traffic have one app hash at each height, also while one is gone and after it has caught
// up; and whoever replays their blocks from genesis comes to the same state, with every invariant kept (I1–I5, I21, I33).
func TestFourValidatorsAgreeOnRollupTraffic(t *testing.T) {
	network := startNetwork(t, 4, "--chain-id", testutil.ChainID, "--accounts", faucetFile(t))
	content, err := genutiltypes.AppGenesisFromFile(network.summary.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	chain := testutil.Follow(t, content, network.summary.Nodes[0].RPC)
	traffic := newTraffic(chain)
	traffic.blocks(3)

	const lost = 3
	network.stop(t, lost)
	traffic.blocks(3)
	traffic.fork()
	// A validator that is back takes up what was settled without it, while more is.
	network.start(t, lost)
	traffic.blocks(3)
	traffic.force()
	network.waitForHeight(t, lost, chain.Height())
	traffic.blocks(2)
	traffic.waitUntilFinal(12)
	height := chain.Height()
	chain.Advance(1) // whose header carries the app hash after height
	network.requireEqualAppHashes(t, height)
}

func faucetFile(t *testing.T) string {
	t.Helper()
	encoded, err := json.Marshal([]map[string]string{{"address": testutil.Faucet().String(), "coins": "1000000000000000000ulam"}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "accounts.json")
	if err := os.WriteFile(path, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// traffic is what a sequencer, workers and payers do on a running network.
type traffic struct {
	*scenario.Network
	sequencer *scenario.Operator
	workers   []*scenario.Worker
	lanes     []*scenario.Lane
}

func newTraffic(chain *testutil.Chain) *traffic {
	n := scenario.New(chain)
	return &traffic{
		Network: n, sequencer: n.Sequencer("sequencer"), workers: []*scenario.Worker{n.Worker("worker a"), n.Worker("worker b")},
		lanes: []*scenario.Lane{n.Lane("payer a"), n.Lane("payer b")},
	}
}

// blocks submits so many batches of one block, of rows of all workers and payers.
func (f *traffic) blocks(count int) {
	f.TB.Helper()
	for range count {
		var runs []scenario.Run
		for _, worker := range f.workers {
			runs = append(runs, worker.Run(f.RowsOf(worker, f.lanes, 50)...))
		}
		f.Submit(f.sequencer, f.lanes, runs...)
	}
}

// fork has the second worker convicted of two heads, and its open rows refunded.
func (f *traffic) fork() {
	f.TB.Helper()
	guilty, reporter := f.workers[1], f.Account("reporter")
	key := guilty.Key.Public()
	log := codec.LogID{Worker: key, Level: codec.LevelOptimistic}
	signed := func(head codec.Digest) *rolluptypes.HeadStatement {
		signature := guilty.Key.Sign(codec.HeadStatement(testutil.ChainID, log, 1, head))
		return &rolluptypes.HeadStatement{Head: head[:], Signature: signature[:]}
	}
	f.MustDeliver(reporter, &rolluptypes.MsgReportHeadFault{
		Reporter: reporter.String(), Worker: key[:], Level: uint32(codec.LevelOptimistic), Count: 1, First: signed(codec.Digest{1}), Second: signed(codec.Digest{2}),
	})
}

// force brings a run of the first worker in past the sequencer.
func (f *traffic) force() {
	f.TB.Helper()
	submitter := f.Account("anybody")
	f.MustDeliver(submitter, f.Force(submitter, f.lanes, f.workers[0].Run(f.RowsOf(f.workers[0], f.lanes, 5)...)))
}

func (f *traffic) waitUntilFinal(records uint64) {
	f.TB.Helper()
	for log := (merkle.Log{}); log.Size < records; f.Advance(1) {
		raw, err := f.App.RollupKeeper.FinalLog.Get(f.Context())
		if err != nil {
			continue // nothing is final yet
		}
		if log, err = merkle.DecodeLog(raw); err != nil {
			f.TB.Fatal(err)
		}
	}
}

// requireEqualAppHashes compares, for every height up to one, the app hash that each node's next header carries.
func (n *network) requireEqualAppHashes(t *testing.T, height int64) {
	t.Helper()
	hashes := make(map[int64]string)
	for index, written := range n.summary.Nodes {
		n.waitForHeight(t, index, height+1)
		client, err := http.New(written.RPC, "/websocket")
		if err != nil {
			t.Fatal(err)
		}
		for at := int64(1); at <= height; at++ {
			next := at + 1
			header, err := client.Header(t.Context(), &next)
			if err != nil {
				t.Fatalf("node %d: header %d: %v", index, next, err)
			}
			found := header.Header.AppHash.String()
			if index > 0 && found != hashes[at] {
				t.Fatalf("I21: height %d: app hash %s on node 0, %s on node %d", at, hashes[at], found, index)
			}
			hashes[at] = found
		}
	}
}
