package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// busy is a chain with something in every list of the genesis: rows have been paid for and are not final.
func busy(t *testing.T) *fixture {
	network := scenario.New(testutil.New(t))
	f := &fixture{Chain: network.Chain}
	sequencer, worker, lane := network.Sequencer("sequencer"), network.Worker("worker"), network.Lane("payer")
	accounts := f.Accounts("alice", "bob")
	f.open(accounts[0], "one")
	id := f.open(accounts[0], "two")
	f.open(accounts[1], "three")
	f.MustDeliver(accounts[0], &types.MsgRevokeLane{Payer: accounts[0].String(), Lane: id})
	f.MustDeliver(accounts[1], &types.MsgRequestWithdrawal{Payer: accounts[1].String(), Amount: "11"})
	network.Submit(sequencer, []*scenario.Lane{lane}, worker.Run(network.Rows(worker, lane, 3)...))
	return f
}

func exported(t *testing.T, f *fixture) *types.GenesisState {
	t.Helper()
	state, err := f.App.EscrowKeeper.ExportGenesis(f.Context())
	require.NoError(t, err)
	return state
}

func TestExportIsAFixedPoint(t *testing.T) {
	f := busy(t)
	state := exported(t, f)
	require.NotEqual(t, "0", state.Pot)
	require.Len(t, state.NonceChunks, 1)
	require.Len(t, state.Withdrawals, 1)
	require.Len(t, state.Lanes, 4)
	testutil.RequireExportFixedPoint(t, f.Chain)
}

// What an import rebuilds works on: a withdrawal under way is paid, a spender's key stays taken.
func TestAnImportedStateLivesOn(t *testing.T) {
	f := busy(t)
	bob := f.Account("bob")
	before := f.Balance(bob.Address)
	second := &fixture{Chain: testutil.FromGenesis(t, f.Export(), f.Validators)}
	second.Advance(20)
	require.EqualValues(t, 11, second.Balance(bob.Address).Sub(before).Int64())
	alice := testutil.NewAccount("alice")
	second.MustFail(alice, types.ErrKeyUsed, second.opening(alice, "three"))
	second.MustDeliver(alice, second.opening(alice, "four"))
}

func TestRefusedGenesis(t *testing.T) {
	f := busy(t)
	require.NoError(t, exported(t, f).Validate())
	cases := map[string]func(*types.GenesisState){
		"no parameters":               func(g *types.GenesisState) { g.Params = nil },
		"no layout":                   func(g *types.GenesisState) { g.Layout = nil },
		"epochs of 9 heights":         func(g *types.GenesisState) { g.Layout.EpochHeights = 9 },
		"2^24 + 1 nonces":             func(g *types.GenesisState) { g.Layout.NoncesPerEpoch = 1<<24 + 1 },
		"a pot that is no number":     func(g *types.GenesisState) { g.Pot = "" },
		"lane ids from 0":             func(g *types.GenesisState) { g.NextLaneId = 0 },
		"a deposit of zero":           func(g *types.GenesisState) { g.Deposits[0].Balance = "0" },
		"deposits in another order":   func(g *types.GenesisState) { g.Deposits[0], g.Deposits[1] = g.Deposits[1], g.Deposits[0] },
		"a lane not given out yet":    func(g *types.GenesisState) { g.NextLaneId = 4 },
		"one lane twice":              func(g *types.GenesisState) { g.Lanes[1] = g.Lanes[0] },
		"one spender of two lanes":    func(g *types.GenesisState) { g.Lanes[1].SpenderKey = g.Lanes[0].SpenderKey },
		"a closed lane with coins":    func(g *types.GenesisState) { g.Lanes[1].Closed = true },
		"a lane without levels":       func(g *types.GenesisState) { g.Lanes[1].Levels = nil },
		"a negative lane":             func(g *types.GenesisState) { g.Lanes[1].Balance = "-1" },
		"a withdrawal of zero":        func(g *types.GenesisState) { g.Withdrawals[0].Amount = "0" },
		"a withdrawal not given out":  func(g *types.GenesisState) { g.NextWithdrawalId = 1 },
		"a bitmap of a passed epoch":  func(g *types.GenesisState) { g.PrunedEpoch = 1 },
		"a bitmap of 31 bytes":        func(g *types.GenesisState) { g.NonceChunks[0].Bits = g.NonceChunks[0].Bits[1:] },
		"a bitmap beyond the layout":  func(g *types.GenesisState) { g.NonceChunks[0].Chunk = 4_096 },
		"a bitmap of an unknown lane": func(g *types.GenesisState) { g.NonceChunks[0].Lane = 9 },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			state := exported(t, f)
			spoil(state)
			require.Error(t, state.Validate())
		})
	}
}

// State that no coins back starts no chain (I2).
func TestAnImportWithoutItsCoinsIsRefused(t *testing.T) {
	state := exported(t, busy(t))
	fresh := testutil.New(t)
	ctx, _ := fresh.Context().CacheContext()
	require.ErrorIs(t, fresh.App.EscrowKeeper.InitGenesis(ctx, state), types.ErrInvariant)
}
