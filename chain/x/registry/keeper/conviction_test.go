package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

func sdkMessages(messages ...sdk.Msg) []sdk.Msg { return messages }

// smallExposure lets a conviction burn little: it must cover what a bond may back.
var smallExposure = testutil.WithModuleGenesis("rollup", `{"params":{"exposure_bps":1}}`)

// slashed = reward + burnt to the last unit, never more than the bond (I5, I16); supply falls by what is burnt (I1).
func TestAConvictionSlashesRewardsAndBurns(t *testing.T) {
	cases := []struct {
		name                         string
		bond                         string
		slashBPS, reporterBPS        string
		rewarded, burnt, left, total int64
	}{
		{"the whole bond", "1000000003", "10000", "2500", 250000000, 750000003, 0, 1000000003},
		{"a third of a percent", "1000000001", "33", "1000", 330000, 2970000, 996700001, 1000000001},
		{"no reward", "1000000000", "10000", "0", 0, 1000000000, 0, 1000000000},
		{"dust", "1", "10000", "2500", 0, 1, 0, 1},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t, testutil.WithModuleGenesis("registry",
				`{"params":{"worker_bond_min":"1","equivocation_slash_bps":`+test.slashBPS+`,"reporter_bps":`+test.reporterBPS+`}}`),
				smallExposure)
			accounts := f.Accounts("alice", "reporter")
			alice, reporter := accounts[0], accounts[1]
			message := f.registration(alice, worker, "alice")
			message.Bond = test.bond
			f.MustDeliver(alice, message)
			keeper, ctx := f.App.RegistryKeeper, f.at(f.Height()+1)
			supply := f.App.BankKeeper.GetSupply(ctx, "ulam").Amount

			reward, err := keeper.Convict(ctx, message.SigningKey, reporter.Address, "two heads")
			require.NoError(t, err)
			require.EqualValues(t, test.rewarded, reward.Int64())
			require.EqualValues(t, testutil.AccountBalance+test.rewarded, f.App.BankKeeper.GetBalance(ctx, reporter.Address, "ulam").Amount.Int64())
			require.EqualValues(t, test.burnt, supply.Sub(f.App.BankKeeper.GetSupply(ctx, "ulam").Amount).Int64())
			operator, _, err := keeper.GetOperatorByAccount(ctx, alice.String(), worker)
			require.NoError(t, err)
			require.Equal(t, convicted, operator.Status)
			require.NoError(t, keeper.CheckInvariants(ctx))
			require.EqualValues(t, test.total, test.rewarded+test.burnt+test.left)
			held := f.App.BankKeeper.GetBalance(ctx, f.App.AccountKeeper.GetModuleAddress(types.ModuleName), "ulam").Amount
			require.EqualValues(t, test.left, held.Int64())
			slashes := testutil.Events[*types.EventSlash](f.Chain, ctx.EventManager().ABCIEvents())
			require.Len(t, slashes, 1)
			require.Equal(t, "two heads", slashes[0].Fault)

			_, err = keeper.Convict(ctx, message.SigningKey, reporter.Address, "again")
			require.ErrorIs(t, err, types.ErrAlreadyJudged)
		})
	}
}

func TestOnlyRegisteredKeysAreConvicted(t *testing.T) {
	f := newFixture(t)
	key := scenario.NewKey("nobody").Public()
	_, err := f.App.RegistryKeeper.Convict(f.at(f.Height()), key[:], f.Account("reporter").Address, "test")
	require.ErrorIs(t, err, types.ErrKeyUnknown)
}

// What a partial slash leaves has a height at which it unlocks; the conviction stays.
func TestAConvictedOperatorGetsItsRestBack(t *testing.T) {
	f := newFixture(t, testutil.WithModuleGenesis("registry", `{"params":{"equivocation_slash_bps":5000}}`), smallExposure)
	accounts := f.Accounts("alice", "reporter")
	alice := accounts[0]
	id := f.register(alice, worker, "alice")
	key := scenario.NewKey("alice").Public()
	keeper, ctx := f.App.RegistryKeeper, f.at(f.Height()+1)
	_, err := keeper.Convict(ctx, key[:], accounts[1].Address, "test")
	require.NoError(t, err)

	handler := f.App.MsgServiceRouter().Handler(&types.MsgUnbond{})
	_, err = handler(ctx, &types.MsgUnbond{Operator: alice.String(), Role: worker})
	require.NoError(t, err)
	_, err = handler(ctx, &types.MsgUnbond{Operator: alice.String(), Role: worker})
	require.ErrorIs(t, err, types.ErrOperatorStatus)
	ends := ctx.WithBlockHeight(ctx.BlockHeight() + 400)
	require.NoError(t, keeper.EndBlocker(ends))
	operator, _, err := keeper.GetOperator(ends, id)
	require.NoError(t, err)
	require.Equal(t, convicted, operator.Status)
	require.Equal(t, "0", operator.Bond)
	require.EqualValues(t, testutil.AccountBalance-bondMin/2, f.App.BankKeeper.GetBalance(ends, alice.Address, "ulam").Amount.Int64())
	require.NoError(t, keeper.CheckInvariants(ends))
}

func TestARotatedKeySettlesForOneHorizon(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.register(alice, worker, "first")
	f.MustDeliver(alice, f.rotation(alice, worker, "second"))
	rotated := uint64(f.Height())
	require.Equal(t, rotated+300, f.signingKey("first").RetiredHeight)
	require.Zero(t, f.signingKey("second").RetiredHeight)
	require.Equal(t, rotated, f.signingKey("second").RegisteredHeight)
	second := scenario.NewKey("second").Public()
	require.Equal(t, second[:], f.operator(id).SigningKey)

	f.MustFail(alice, types.ErrKeyUsed, f.rotation(alice, worker, "first"))
	stolen := f.rotation(alice, worker, "third")
	stolen.Possession = f.rotation(alice, sequencer, "third").Possession
	f.MustFail(alice, types.ErrPossession, stolen)
}

// A retired key's fault is its operator's still.
func TestARetiredKeyIsConvicted(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "reporter")
	id := f.register(accounts[0], worker, "first")
	f.MustDeliver(accounts[0], f.rotation(accounts[0], worker, "second"))
	keeper, ctx := f.App.RegistryKeeper, f.at(f.Height()+10_000)
	for _, name := range []string{"first", "second"} {
		key := scenario.NewKey(name).Public()
		_, err := keeper.Convict(ctx, key[:], accounts[1].Address, "test")
		require.NoError(t, err)
	}
	operator, _, err := keeper.GetOperator(ctx, id)
	require.NoError(t, err)
	require.Equal(t, convicted, operator.Status)
	require.NoError(t, keeper.CheckInvariants(ctx))
}
