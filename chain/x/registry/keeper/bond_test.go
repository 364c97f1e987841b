package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

func TestABondIsPaidBackAfterItsDelay(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.register(alice, worker, "alice")
	var response types.MsgUnbondResponse
	f.Response(f.MustDeliver(alice, &types.MsgUnbond{Operator: alice.String(), Role: worker}), 0, &response)
	require.Equal(t, uint64(f.Height())+400, response.Ends)
	require.Equal(t, unbonding, f.operator(id).Status)
	for _, message := range []struct {
		name string
		try  func()
	}{
		{"unbond twice", func() {
			f.MustFail(alice, types.ErrOperatorStatus, &types.MsgUnbond{Operator: alice.String(), Role: worker})
		}},
		{"rotate", func() { f.MustFail(alice, types.ErrOperatorStatus, f.rotation(alice, worker, "next")) }},
		{"add", func() {
			f.MustFail(alice, types.ErrOperatorStatus, &types.MsgAddBond{Operator: alice.String(), Role: worker, Amount: "1"})
		}},
		{"register again", func() { f.MustFail(alice, types.ErrOperatorExists, f.registration(alice, worker, "again")) }},
	} {
		t.Run(message.name, func(*testing.T) { message.try() })
	}
	f.AdvanceTo(int64(response.Ends) - 1)
	require.Equal(t, unbonding, f.operator(id).Status)
	require.EqualValues(t, testutil.AccountBalance-bondMin, f.Balance(alice.Address).Int64())
	f.Block()
	operator := f.operator(id)
	require.Equal(t, gone, operator.Status)
	require.Equal(t, "0", operator.Bond)
	require.EqualValues(t, testutil.AccountBalance, f.Balance(alice.Address).Int64())

	f.MustFail(alice, types.ErrKeyUsed, f.registration(alice, worker, "alice"))
	require.Equal(t, id+1, f.register(alice, worker, "a new key"))
}

// A bond that backs open value waits, however long ago its delay has ended, and holds up nobody (I17, I23).
func TestABondWaitsForItsOpenValue(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	ids := []uint64{f.register(accounts[0], worker, "alice"), f.register(accounts[1], worker, "bob")}
	for _, account := range accounts {
		f.MustDeliver(account, &types.MsgUnbond{Operator: account.String(), Role: worker})
	}
	keeper := f.App.RegistryKeeper
	ctx := f.at(f.Height() + 400)
	require.NoError(t, keeper.AddOpenValue(ctx, ids[0], math.NewInt(7)))
	require.NoError(t, keeper.EndBlocker(ctx))
	require.NoError(t, keeper.CheckInvariants(ctx))
	waiting, _, err := keeper.GetOperator(ctx, ids[0])
	require.NoError(t, err)
	require.Equal(t, unbonding, waiting.Status)
	paid, _, err := keeper.GetOperator(ctx, ids[1])
	require.NoError(t, err)
	require.Equal(t, gone, paid.Status)

	require.NoError(t, keeper.SubOpenValue(ctx, ids[0], math.NewInt(7)))
	later := ctx.WithBlockHeight(ctx.BlockHeight() + types.UnbondingRetryHeights)
	require.NoError(t, keeper.EndBlocker(later.WithBlockHeight(later.BlockHeight()-1)))
	waiting, _, err = keeper.GetOperator(later, ids[0])
	require.NoError(t, err)
	require.Equal(t, unbonding, waiting.Status)
	require.NoError(t, keeper.EndBlocker(later))
	waiting, _, err = keeper.GetOperator(later, ids[0])
	require.NoError(t, err)
	require.Equal(t, gone, waiting.Status)
}

// A conviction at any height up to the payment takes the whole bond (T39).
func TestNoHeightOfUnbondingEscapesASlash(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "reporter")
	alice, reporter := accounts[0], accounts[1]
	id := f.register(alice, worker, "alice")
	f.MustDeliver(alice, &types.MsgUnbond{Operator: alice.String(), Role: worker})
	ends := f.operator(id).UnbondingEnds
	key := scenario.NewKey("alice").Public()
	keeper := f.App.RegistryKeeper
	for height := uint64(f.Height()) + 1; height <= ends; height += 7 {
		ctx := f.at(int64(height))
		reward, err := keeper.Convict(ctx, key[:], reporter.Address, "test")
		require.NoError(t, err)
		require.EqualValues(t, bondMin/4, reward.Int64())
		require.NoError(t, keeper.EndBlocker(ctx.WithBlockHeight(int64(ends))))
		operator, _, err := keeper.GetOperator(ctx, id)
		require.NoError(t, err)
		require.Equal(t, convicted, operator.Status)
		require.Equal(t, "0", operator.Bond)
		require.NoError(t, keeper.CheckInvariants(ctx))
	}
	ctx := f.at(int64(ends))
	require.NoError(t, keeper.EndBlocker(ctx))
	reward, err := keeper.Convict(ctx, key[:], reporter.Address, "too late")
	require.NoError(t, err)
	require.True(t, reward.IsZero())
}

func TestDebtIsTakenFromPayOutsAndAtLastFromTheBond(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.register(alice, worker, "alice")
	f.MustDeliver(alice, &types.MsgUnbond{Operator: alice.String(), Role: worker})
	keeper := f.App.RegistryKeeper
	ctx := f.at(f.Height() + 400)
	require.NoError(t, keeper.AddDebt(ctx, id, math.NewInt(100)))

	net, collected, err := keeper.NetDebt(ctx, id, math.NewInt(30))
	require.NoError(t, err)
	require.EqualValues(t, 0, net.Int64())
	require.EqualValues(t, 30, collected.Int64())
	net, collected, err = keeper.NetDebt(ctx, id, math.ZeroInt())
	require.NoError(t, err)
	require.True(t, net.IsZero())
	require.True(t, collected.IsZero())

	fees := f.App.AccountKeeper.GetModuleAddress(authtypes.FeeCollectorName)
	before := f.App.BankKeeper.GetBalance(ctx, fees, "ulam").Amount
	require.NoError(t, keeper.EndBlocker(ctx))
	require.EqualValues(t, 70, f.App.BankKeeper.GetBalance(ctx, fees, "ulam").Amount.Sub(before).Int64())
	require.EqualValues(t, testutil.AccountBalance-70, f.App.BankKeeper.GetBalance(ctx, alice.Address, "ulam").Amount.Int64())
	operator, _, err := keeper.GetOperator(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "0", operator.Debt)
	require.NoError(t, keeper.CheckInvariants(ctx))
}

func TestADebtAboveTheBondStands(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.register(alice, worker, "alice")
	f.MustDeliver(alice, &types.MsgUnbond{Operator: alice.String(), Role: worker})
	keeper := f.App.RegistryKeeper
	ctx := f.at(f.Height() + 400)
	require.NoError(t, keeper.AddDebt(ctx, id, math.NewInt(bondMin+5)))
	require.NoError(t, keeper.EndBlocker(ctx))
	operator, _, err := keeper.GetOperator(ctx, id)
	require.NoError(t, err)
	require.Equal(t, gone, operator.Status)
	require.Equal(t, "5", operator.Debt)
	require.NoError(t, keeper.CheckInvariants(ctx))
}

func TestBooksRefuseWhatIsNoAmount(t *testing.T) {
	f := newFixture(t)
	id := f.register(f.Account("alice"), worker, "alice")
	keeper, ctx := f.App.RegistryKeeper, f.at(f.Height())
	for _, value := range []math.Int{{}, math.NewInt(-1)} {
		require.ErrorIs(t, keeper.AddOpenValue(ctx, id, value), types.ErrAmount)
		require.ErrorIs(t, keeper.SubOpenValue(ctx, id, value), types.ErrAmount)
		require.ErrorIs(t, keeper.AddDebt(ctx, id, value), types.ErrAmount)
		_, _, err := keeper.NetDebt(ctx, id, value)
		require.ErrorIs(t, err, types.ErrAmount)
	}
	require.ErrorIs(t, keeper.AddOpenValue(ctx, id+1, math.OneInt()), types.ErrOperatorUnknown)
	require.ErrorIs(t, keeper.AddDebt(ctx, id+1, math.OneInt()), types.ErrOperatorUnknown)
	require.NoError(t, keeper.AddOpenValue(ctx, id, math.NewInt(3)))
	require.ErrorIs(t, keeper.SubOpenValue(ctx, id, math.NewInt(4)), types.ErrOpenValue)
}

// A bond that cannot be paid leaves nothing half done and stops nobody (I23, T37). Only a stolen coin can make one fail.
func TestAFailedPayBackWaitsAlone(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	ids := []uint64{f.register(accounts[0], worker, "alice"), f.register(accounts[1], worker, "bob")}
	f.MustDeliver(accounts[0], &types.MsgAddBond{Operator: accounts[0].String(), Role: worker, Amount: "5"})
	for _, account := range accounts {
		f.MustDeliver(account, &types.MsgUnbond{Operator: account.String(), Role: worker})
	}
	keeper, bank, ctx := f.App.RegistryKeeper, f.App.BankKeeper, f.at(f.Height()+400)
	registry := f.App.AccountKeeper.GetModuleAddress(types.ModuleName)
	stolen := sdk.NewCoins(sdk.NewInt64Coin("ulam", bondMin+3))
	require.NoError(t, bank.SendCoins(ctx, registry, testutil.Faucet().Address, stolen))
	require.NoError(t, keeper.AddDebt(ctx, ids[0], math.NewInt(2)))

	statuses := func(ctx sdk.Context) []types.OperatorStatus {
		found := make([]types.OperatorStatus, len(ids))
		for index, id := range ids {
			operator, _, err := keeper.GetOperator(ctx, id)
			require.NoError(t, err)
			found[index] = operator.Status
		}
		return found
	}
	require.NoError(t, keeper.EndBlocker(ctx))
	require.Equal(t, []types.OperatorStatus{unbonding, gone}, statuses(ctx))
	alice, _, err := keeper.GetOperator(ctx, ids[0])
	require.NoError(t, err)
	require.Equal(t, "2", alice.Debt, "the debt was not collected either")

	require.NoError(t, bank.SendCoins(ctx, testutil.Faucet().Address, registry, stolen))
	later := ctx.WithBlockHeight(ctx.BlockHeight() + types.UnbondingRetryHeights)
	require.NoError(t, keeper.EndBlocker(later))
	require.Equal(t, []types.OperatorStatus{gone, gone}, statuses(later))
	require.NoError(t, keeper.CheckInvariants(later))
}

// A block pays back so many bonds and no more; the rest follows (T51).
func TestPayingBackIsBoundedPerBlock(t *testing.T) {
	const operators = types.UnbondingsPerBlock + 5
	f := newFixture(t, testutil.WithModuleGenesis("registry", `{"params":{"worker_bond_min":"1"}}`))
	names := make([]string, operators)
	for index := range names {
		names[index] = "operator " + string(rune('a'+index/10)) + string(rune('0'+index%10))
	}
	var unbonds [][]byte
	for _, account := range f.Accounts(names...) {
		f.register(account, worker, account.Name)
		unbonds = append(unbonds, f.Sign(testutil.Transaction{From: account, SequenceOffset: 0, Messages: sdkMessages(
			&types.MsgUnbond{Operator: account.String(), Role: worker})}))
	}
	for _, result := range f.Block(unbonds...).TxResults {
		require.Zero(t, result.Code, result.Log)
	}
	f.Advance(400)
	require.EqualValues(t, 5*bondMin, f.ModuleBalance(types.ModuleName).Int64())
	f.Block()
	require.True(t, f.ModuleBalance(types.ModuleName).IsZero())
}
