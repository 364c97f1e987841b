package main

import (
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// lanesPerTransaction keeps the transactions that open lanes below a block's gas.
const lanesPerTransaction = 100

// stage is a chain with a sequencer, workers and as many lanes as a measurement asks for. A lane stands for a
// payer: the chain looks at nothing else of one.
type stage struct {
	*scenario.Network
	sequencer *scenario.Operator
	workers   []*scenario.Worker
	lanes     []*scenario.Lane
}

func newStage(workers, lanes int, options ...testutil.Option) *stage {
	return newStageOn(testutil.New(failure{}, append(options, testutil.WithoutInvariants())...), workers, lanes)
}

func newStageOn(chain *testutil.Chain, workers, lanes int) *stage {
	n := scenario.New(chain)
	s := &stage{Network: n, sequencer: n.Sequencer("sequencer")}
	for i := range workers {
		s.workers = append(s.workers, n.Worker(fmt.Sprint("worker ", i)))
	}
	for len(s.lanes) < lanes {
		count := min(lanesPerTransaction, lanes-len(s.lanes))
		s.lanes = append(s.lanes, n.OpenLanes(n.Account(fmt.Sprint("payer ", len(s.lanes))), count, "100000000")...)
	}
	return s
}

// batch is one block of rows, spread evenly over workers and lanes, as the message that posts it.
func (s *stage) batch(rows int) *rolluptypes.MsgSubmitBatch {
	runs := make([]scenario.Run, len(s.workers))
	for i, worker := range s.workers {
		share := rows*(i+1)/len(s.workers) - rows*i/len(s.workers)
		from := rows * i / len(s.workers) % len(s.lanes)
		lanes := append(append([]*scenario.Lane{}, s.lanes[from:]...), s.lanes[:from]...)
		runs[i] = worker.Run(s.RowsOf(worker, lanes, share)...)
	}
	first, parent := s.Number, s.Parent
	return s.Batch(s.sequencer, first, parent, s.Seal(s.sequencer, s.lanes, runs...))
}

// sign makes the transaction that carries messages, with all the gas that a block has.
func (s *stage) sign(from testutil.Account, messages ...sdk.Msg) []byte {
	return s.Sign(testutil.Transaction{From: from, Messages: messages, Gas: app.BlockGasMax})
}

// deliver puts one transaction into one block and returns the gas it used.
func (s *stage) deliver(transaction []byte) uint64 {
	result := s.Block(transaction).TxResults[0]
	if result.Code != 0 {
		s.TB.Fatalf("expected success, found code %d of %s: %s", result.Code, result.Codespace, result.Log)
	}
	return uint64(result.GasUsed)
}
