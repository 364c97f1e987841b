package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

func TestABatchIsPaidAfterItsWindow(t *testing.T) {
	n := scenario.New(testutil.New(t))
	sequencer, worker, lane := n.Sequencer("sequencer"), n.Worker("worker"), n.Lane("payer")
	before := n.Balance(worker.Account.Address)
	n.Submit(sequencer, []*scenario.Lane{lane}, worker.Run(n.Rows(worker, lane, 3)...))

	var pending rolluptypes.QueryPendingBlockResponse
	n.Query("lamina.rollup.v1.Query/PendingBlock", &rolluptypes.QueryPendingBlockRequest{Term: 1, Number: 1}, &pending)
	require.EqualValues(t, 3*scenario.UnitPrice*scenario.UnitsPerItem, pending.Block.Debited)
	require.Empty(t, pending.Block.Exceptions)
	require.Equal(t, before, n.Balance(worker.Account.Address), "nothing is paid inside the window")

	n.Advance(10)
	// Of 300 a row: 2 data fee, 2 % of 298 rounded down to the protocol, the rest to the worker.
	require.EqualValues(t, 3*(300-2-5), n.Balance(worker.Account.Address).Sub(before).Int64())
	var log rolluptypes.QueryFinalLogResponse
	n.Query("lamina.rollup.v1.Query/FinalLog", &rolluptypes.QueryFinalLogRequest{}, &log)
	require.EqualValues(t, 1, log.FinalLog.Size_)
	require.Error(t, n.TryQuery("lamina.rollup.v1.Query/PendingBlock", &rolluptypes.QueryPendingBlockRequest{Term: 1, Number: 1}, &pending))
}

func TestASecondSubmissionIsASuccessWithoutEffect(t *testing.T) {
	n := scenario.New(testutil.New(t))
	sequencer, worker, lane := n.Sequencer("sequencer"), n.Worker("worker"), n.Lane("payer")
	block := n.Seal(sequencer, []*scenario.Lane{lane}, worker.Run(n.Rows(worker, lane, 2)...))
	message := n.Batch(sequencer, 1, codec.GenesisParent(testutil.ChainID), block)
	n.MustDeliver(sequencer.Account, message)
	var response rolluptypes.MsgSubmitBatchResponse
	n.Response(n.MustDeliver(sequencer.Account, message), 0, &response)
	require.True(t, response.RepeatedBatch)
}
