package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
)

// A node that simulates a batch, to tell its sender the gas, or in which the batch fails after its first block, must not
// differ afterwards from one that never saw it: what a keeper reads may lie in the store's own cache (I21).
func TestASimulatedOrFailedBatchLeavesNoNonceBehind(t *testing.T) {
	s := newStage(t)
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...)) // writes the bitmap that the next row shares
	first, parent := s.Number, s.Parent
	good := s.Seal(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...))
	bad := s.Seal(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...))
	bad.Signature[0] ^= 1
	failing := s.Sign(testutil.Transaction{From: s.sequencer.Account, Messages: []sdk.Msg{s.Batch(s.sequencer, first, parent, good, bad)}})
	_, _, err := s.App.Simulate(failing)
	require.Error(t, err)
	require.NotZero(t, s.Block(failing).TxResults[0].Code)

	message := s.Batch(s.sequencer, first, parent, good)
	_, _, err = s.App.Simulate(s.Sign(testutil.Transaction{From: s.sequencer.Account, Messages: []sdk.Msg{message}}))
	require.NoError(t, err)
	s.MustDeliver(s.sequencer.Account, message)
	require.Empty(t, s.pending(2).Exceptions, "the row is paid, not void %d", codec.VoidNonceUsed)
	s.Replay(0)
}
