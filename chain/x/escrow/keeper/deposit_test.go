package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// What is no amount, by spelling or by size, is refused in every message that carries one (T36).
func TestAmountsArePositiveAndPlain(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	lane := f.open(alice, "spender")
	for _, amount := range []string{"", "0", "-1", "+1", "01", "1.0", "1e3", " 1", "0x1", "18446744073709551616", "ulam"} {
		opening := f.opening(alice, "another")
		opening.Limit = amount
		f.MustFail(alice, types.ErrAmount, &types.MsgDeposit{Payer: alice.String(), Amount: amount})
		f.MustFail(alice, types.ErrAmount, &types.MsgRequestWithdrawal{Payer: alice.String(), Amount: amount})
		f.MustFail(alice, types.ErrAmount, &types.MsgTopUpLane{Payer: alice.String(), Lane: lane, Amount: amount})
		f.MustFail(alice, types.ErrAmount, opening)
	}
	require.Equal(t, "900", f.free(alice).Balance)
	require.Equal(t, "100", f.lane(lane).Balance)
}

func TestADepositIsThePayersOwnCoins(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	alice := accounts[0]
	f.deposit(alice, 7)
	f.deposit(alice, 5)
	require.Equal(t, "12", f.free(alice).Balance)
	require.Equal(t, "0", f.free(accounts[1]).Balance)
	require.EqualValues(t, 12, f.ModuleBalance(types.ModuleName).Int64())
	f.MustFail(alice, sdkerrors.ErrInsufficientFunds, &types.MsgDeposit{Payer: alice.String(), Amount: "18446744073709551615"})
}

func TestAWithdrawalIsPaidAfterItsDelay(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	f.deposit(alice, 100)
	f.MustFail(alice, types.ErrDepositTooSmall, &types.MsgRequestWithdrawal{Payer: alice.String(), Amount: "101"})
	result := f.MustDeliver(alice, &types.MsgRequestWithdrawal{Payer: alice.String(), Amount: "60"})
	var response types.MsgRequestWithdrawalResponse
	f.Response(result, 0, &response)
	require.Equal(t, uint64(f.Height())+20, response.PayableHeight)
	require.Equal(t, "40", f.free(alice).Balance)
	require.Len(t, f.free(alice).Withdrawals, 1)
	events := testutil.Events[*types.EventDeposit](f.Chain, result.Events)
	require.Equal(t, types.ChangeWithdrawalRequested, events[0].Change)

	// What is on its way out pays for nothing else.
	f.MustFail(alice, types.ErrDepositTooSmall, &types.MsgRequestWithdrawal{Payer: alice.String(), Amount: "41"})
	f.AdvanceTo(int64(response.PayableHeight) - 1)
	require.EqualValues(t, testutil.AccountBalance-100, f.Balance(alice.Address).Int64())
	block := f.Block()
	require.EqualValues(t, testutil.AccountBalance-40, f.Balance(alice.Address).Int64())
	require.Empty(t, f.free(alice).Withdrawals)
	events = testutil.Events[*types.EventDeposit](f.Chain, block.Events)
	require.Equal(t, types.ChangeWithdrawn, events[0].Change)
	require.Equal(t, response.Id, events[0].WithdrawalId)
}

// A block pays so many withdrawals and no more, oldest first; the rest follows (T51).
func TestWithdrawalsCarryOver(t *testing.T) {
	const count = types.WithdrawalsPerBlock + 3
	f := newFixture(t)
	alice := f.Account("alice")
	f.deposit(alice, count)
	transaction := testutil.Transaction{From: alice}
	for range count {
		transaction.Messages = append(transaction.Messages, &types.MsgRequestWithdrawal{Payer: alice.String(), Amount: "1"})
	}
	require.Zero(t, f.Block(f.Sign(transaction)).TxResults[0].Code)
	f.Advance(20)
	require.EqualValues(t, 3, f.ModuleBalance(types.ModuleName).Int64())
	left := f.free(alice).Withdrawals
	require.Len(t, left, 3)
	require.EqualValues(t, count, left[2].Id)
	f.Block()
	require.True(t, f.ModuleBalance(types.ModuleName).IsZero())
}

// A transaction has all of its effects or none: here the second message fails (T37).
func TestATransactionIsAllOrNothing(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	opening := f.opening(alice, "spender")
	opening.Limit = "101"
	f.MustFail(alice, types.ErrDepositTooSmall, depositOf(alice, 100), opening)
	require.Equal(t, "0", f.free(alice).Balance)
	require.EqualValues(t, testutil.AccountBalance, f.Balance(alice.Address).Int64())
	require.True(t, f.ModuleBalance(types.ModuleName).IsZero())
}

// A payment that fails at a block's end leaves nothing half done, stops neither the chain nor those behind it, and is
// made once it can be (I23, T37). Only a stolen coin can make one fail.
func TestAFailedPaymentWaitsAlone(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	alice, bob := accounts[0], accounts[1]
	f.deposit(alice, 100)
	f.deposit(bob, 60)
	f.MustDeliver(alice, &types.MsgRequestWithdrawal{Payer: alice.String(), Amount: "100"})
	f.MustDeliver(bob, &types.MsgRequestWithdrawal{Payer: bob.String(), Amount: "60"})
	keeper, bank, ctx := f.App.EscrowKeeper, f.App.BankKeeper, f.at(f.Height()+20)
	escrow := f.App.AccountKeeper.GetModuleAddress(types.ModuleName)
	require.NoError(t, bank.SendCoins(ctx, escrow, testutil.Faucet().Address, amountCoins(70)))

	require.NoError(t, keeper.EndBlocker(ctx))
	outside := func(account testutil.Account) int64 {
		return bank.GetBalance(ctx, account.Address, "ulam").Amount.Int64() - testutil.AccountBalance
	}
	require.EqualValues(t, -100, outside(alice), "90 ulam do not pay 100")
	require.EqualValues(t, 0, outside(bob))
	state, err := keeper.ExportGenesis(ctx)
	require.NoError(t, err)
	require.Len(t, state.Withdrawals, 1)
	require.EqualValues(t, ctx.BlockHeight()+types.WithdrawalRetryHeights, state.Withdrawals[0].PayableHeight)

	require.NoError(t, bank.SendCoins(ctx, testutil.Faucet().Address, escrow, amountCoins(70)))
	require.NoError(t, keeper.EndBlocker(ctx.WithBlockHeight(ctx.BlockHeight()+types.WithdrawalRetryHeights)))
	require.EqualValues(t, 0, outside(alice))
	require.NoError(t, keeper.CheckInvariants(ctx))
}

func amountCoins(value int64) sdk.Coins { return sdk.NewCoins(sdk.NewInt64Coin("ulam", value)) }
