package keeper_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/confined"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// An account that the bank will not pay finds its money in its deposit; everybody else is paid as always (I5, I23).
func TestAPaymentTheBankRefusesIsCreditedAndHoldsUpNobody(t *testing.T) {
	s := newStage(t)
	other := s.Worker("other")
	s.App.BankKeeper.AppendSendRestriction(func(_ context.Context, _, to sdk.AccAddress, _ sdk.Coins) (sdk.AccAddress, error) {
		if to.Equals(s.worker.Account.Address) {
			return nil, errors.New("this account takes no coins")
		}
		return to, nil
	})
	before, otherBefore := s.Balance(s.worker.Account.Address), s.Balance(other.Account.Address)
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...), other.Run(s.Rows(other, s.lane, 1)...))
	s.Advance(11)
	require.Equal(t, before, s.Balance(s.worker.Account.Address))
	require.EqualValues(t, 293, s.Balance(other.Account.Address).Sub(otherBefore).Int64())
	deposit, err := s.App.EscrowKeeper.GetDeposit(s.Context(), s.worker.Account.String())
	require.NoError(t, err)
	require.EqualValues(t, 293, deposit.Int64())
}

// Where a block's books do not add up, it is not settled by half, what stands before it is final, what stands behind it
// waits, the chain goes on, and once the books are right again all become final in order (I10, I23).
func TestABlockWhoseBooksAreWrongStopsFinalityAndNothingElse(t *testing.T) {
	s := newStage(t)
	other := s.Worker("other")
	s.Submit(s.sequencer, s.lanes(), other.Run(s.Rows(other, s.lane, 1)...))
	s.Submit(s.sequencer, s.lanes(), other.Run(s.Rows(other, s.lane, 1)...), s.worker.Run(s.Rows(s.worker, s.lane, 1)...))
	s.Submit(s.sequencer, s.lanes(), other.Run(s.Rows(other, s.lane, 1)...))
	keeper, registry := s.App.RollupKeeper, s.App.RegistryKeeper
	// No message can do this: it stands for a mistake of ours.
	ctx := s.Context().WithBlockHeight(s.Height() + 20)
	require.NoError(t, registry.SubOpenValue(ctx, s.worker.ID, math.NewInt(1)))

	paid := func() int64 {
		return s.App.BankKeeper.GetBalance(ctx, other.Account.Address, "ulam").Amount.Sub(s.Balance(other.Account.Address)).Int64()
	}
	for range 3 {
		events := sdk.NewEventManager()
		require.NoError(t, keeper.EndBlock(ctx.WithEventManager(events)))
		log, err := keeper.FinalLog.Get(ctx)
		require.NoError(t, err)
		require.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0, 1}, log[:8], "the first block alone is final")
		require.EqualValues(t, 293, paid())
		require.Equal(t, confined.EventType, events.Events()[len(events.Events())-1].Type)
	}
	require.NoError(t, registry.AddOpenValue(ctx, s.worker.ID, math.NewInt(1)))
	require.NoError(t, keeper.EndBlock(ctx))
	log, err := keeper.FinalLog.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, []byte{0, 0, 0, 0, 0, 0, 0, 3}, log[:8])
	require.EqualValues(t, 3*293, paid())
	require.NoError(t, keeper.CheckInvariants(ctx))
}

// Blocks without an entry are bounded work too: one chain block's end begins no more of them than the parameters say.
func TestVoidBlocksCarryOverToo(t *testing.T) {
	s := newStage(t, testutil.WithModuleGenesis("rollup", `{"params": {"finality_entries_per_block": 9}}`))
	first, parent := s.Number, s.Parent
	var blocks []codec.PostedBlock
	for range 10 {
		row := scenario.Answer(s.Job(s.worker, s.lane))
		row.Profile = 7
		blocks = append(blocks, s.Seal(s.sequencer, s.lanes(), s.worker.Run(row)))
	}
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, first, parent, blocks...))
	var final []int
	for range 14 {
		final = append(final, len(testutil.Events[*rolluptypes.EventBlockFinal](s.Chain, s.Block().Events)))
	}
	// One run, debt and exception with each: 4 of work, so the third begins when 1 is left.
	require.Equal(t, []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 3, 1, 0}, final)
}
