package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

func amount(value int64) math.Int { return math.NewInt(value) }

// Every ulam that leaves a lane is paid or comes back (I5); the module holds the rest all the time (I2).
func TestThePotPaysOutWhatLanesPutIn(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "worker")
	alice, worker := accounts[0], accounts[1]
	lane := f.open(alice, "spender")
	keeper, ctx := f.App.EscrowKeeper, f.at(f.Height()+1)
	fees := f.App.AccountKeeper.GetModuleAddress(authtypes.FeeCollectorName)

	require.NoError(t, keeper.DebitLane(ctx, lane, amount(60)))
	require.ErrorIs(t, keeper.DebitLane(ctx, lane, amount(41)), types.ErrLaneTooSmall)
	require.NoError(t, keeper.CheckInvariants(ctx))
	require.NoError(t, keeper.PayFromPot(ctx, types.PaymentWorker, worker.Address, amount(50), 9, false))
	require.NoError(t, keeper.PayFromPot(ctx, types.PaymentProtocol, fees, amount(3), 9, false))
	require.NoError(t, keeper.PayFromPot(ctx, types.PaymentSequencer, worker.Address, amount(0), 9, false))
	require.NoError(t, keeper.RefundLane(ctx, lane, amount(5), 9, true))
	require.NoError(t, keeper.CheckInvariants(ctx))

	pot, err := keeper.GetPot(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, pot.Int64())
	require.ErrorIs(t, keeper.PayFromPot(ctx, types.PaymentWorker, worker.Address, amount(3), 9, false), types.ErrPot)
	require.ErrorIs(t, keeper.RefundLane(ctx, lane, amount(3), 9, false), types.ErrPot)
	found, _, err := keeper.GetLane(ctx, lane)
	require.NoError(t, err)
	require.Equal(t, "45", found.Balance)
	require.EqualValues(t, testutil.AccountBalance+50, f.App.BankKeeper.GetBalance(ctx, worker.Address, "ulam").Amount.Int64())

	payments := testutil.Events[*types.EventPayment](f.Chain, ctx.EventManager().ABCIEvents())
	require.Len(t, payments, 3, "nothing is paid for zero")
	require.Equal(t, &types.EventPayment{Kind: "worker", Recipient: worker.String(), Amount: "50", Number: 9}, payments[0])
	require.Equal(t, &types.EventPayment{Kind: "refund", Recipient: alice.String(), Amount: "5", Number: 9, Forced: true, Lane: lane}, payments[2])
}

func TestARefundOfAClosedLaneGoesToTheDeposit(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	lane := f.open(alice, "spender")
	keeper := f.App.EscrowKeeper
	ctx := f.at(int64(f.lane(lane).EndHeight))
	require.NoError(t, keeper.DebitLane(ctx, lane, amount(60)))
	after := ctx.WithBlockHeight(ctx.BlockHeight() + 1)
	_, err := f.App.MsgServiceRouter().Handler(&types.MsgCloseLane{})(after, &types.MsgCloseLane{Sender: alice.String(), Lane: lane})
	require.NoError(t, err)
	require.NoError(t, keeper.RefundLane(after, lane, amount(60), 1, false))
	free, err := keeper.GetDeposit(after, alice.String())
	require.NoError(t, err)
	require.EqualValues(t, 1_000, free.Int64())
	require.NoError(t, keeper.CheckInvariants(after))
	require.ErrorIs(t, keeper.DebitLane(after, lane, amount(1)), types.ErrLaneTooSmall)
}

func TestThePotRefusesWhatItDoesNotKnow(t *testing.T) {
	f := newFixture(t)
	lane := f.open(f.Account("alice"), "spender")
	keeper, ctx := f.App.EscrowKeeper, f.at(f.Height())
	require.NoError(t, keeper.DebitLane(ctx, lane, amount(10)))
	recipient := sdk.AccAddress(make([]byte, 20))
	for _, value := range []math.Int{{}, amount(-1)} {
		require.ErrorIs(t, keeper.DebitLane(ctx, lane, value), types.ErrAmount)
		require.ErrorIs(t, keeper.PayFromPot(ctx, types.PaymentWorker, recipient, value, 1, false), types.ErrAmount)
		require.ErrorIs(t, keeper.RefundLane(ctx, lane, value, 1, false), types.ErrAmount)
	}
	require.ErrorIs(t, keeper.PayFromPot(ctx, "friend", recipient, amount(1), 1, false), types.ErrPaymentKind)
	require.ErrorIs(t, keeper.PayFromPot(ctx, types.PaymentRefund, recipient, amount(1), 1, false), types.ErrPaymentKind)
	require.ErrorIs(t, keeper.RefundLane(ctx, lane+1, amount(1), 1, false), types.ErrLaneUnknown)
	require.ErrorIs(t, keeper.DebitLane(ctx, lane+1, amount(1)), types.ErrLaneTooSmall)
}
