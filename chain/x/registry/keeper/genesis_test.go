package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// busy is a chain with operators in several statuses, rotated keys and versions.
func busy(t *testing.T) *fixture {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob", "carol", "dave")
	f.register(accounts[0], worker, "alice")
	f.register(accounts[0], sequencer, "alice's sequencer")
	f.register(accounts[1], worker, "bob")
	jail := f.register(accounts[2], worker, "carol")
	f.register(accounts[3], sequencer, "dave")
	f.MustDeliver(accounts[0], f.rotation(accounts[0], worker, "alice's second"))
	f.MustDeliver(accounts[1], &types.MsgUnbond{Operator: accounts[1].String(), Role: worker})
	f.MustDeliver(accounts[3], &types.MsgSetPaused{Operator: accounts[3].String(), Role: sequencer, Paused: true})
	require.NoError(t, f.ExecuteAsAuthority(&types.MsgJail{Authority: f.Authority(), OperatorId: jail}))
	publisher := f.Account("publisher")
	f.MustDeliver(publisher, modelMessage(publisher, scenario.Manifest("tiny"), "1-again"), modelMessage(publisher, scenario.Manifest("other"), "1"))
	return f
}

func TestExportIsAFixedPoint(t *testing.T) {
	f := busy(t)
	testutil.RequireExportFixedPoint(t, f.Chain)
}

// What an import rebuilds works on: a bond under way is paid back at its height, the newest version is the same.
func TestAnImportedStateLivesOn(t *testing.T) {
	f := busy(t)
	bob := f.Account("bob")
	ends := f.operator(3).UnbondingEnds
	second := testutil.FromGenesis(t, f.Export(), f.Validators)
	imported := &fixture{Chain: second, model: f.model}
	second.AdvanceTo(int64(ends) - 1)
	require.Equal(t, unbonding, imported.operator(3).Status)
	second.Block()
	require.Equal(t, gone, imported.operator(3).Status)
	require.EqualValues(t, testutil.AccountBalance, second.Balance(bob.Address).Int64())
	var newest types.QueryModelResponse
	second.Query("lamina.registry.v1.Query/Model", &types.QueryModelRequest{Name: "tiny"}, &newest)
	require.Equal(t, idOf(scenario.Manifest("tiny")), newest.Model.ModelId)
}

func TestRefusedGenesis(t *testing.T) {
	f := busy(t)
	valid := func() *types.GenesisState {
		state, err := f.App.RegistryKeeper.ExportGenesis(f.Context())
		require.NoError(t, err)
		return state
	}
	require.NoError(t, valid().Validate())
	cases := map[string]func(*types.GenesisState){
		"no parameters":                 func(g *types.GenesisState) { g.Params = nil },
		"an id of 0":                    func(g *types.GenesisState) { g.Operators[0].Id = 0 },
		"an id not given out yet":       func(g *types.GenesisState) { g.NextOperatorId = g.Operators[4].Id },
		"one id twice":                  func(g *types.GenesisState) { g.Operators[1].Id = g.Operators[0].Id },
		"an operator without role":      func(g *types.GenesisState) { g.Operators[0].Role = 0 },
		"an operator without status":    func(g *types.GenesisState) { g.Operators[0].Status = 0 },
		"a negative bond":               func(g *types.GenesisState) { g.Operators[0].Bond = "-1" },
		"a debt that is no number":      func(g *types.GenesisState) { g.Operators[0].Debt = "" },
		"an operator's key not listed":  func(g *types.GenesisState) { g.Operators[0].SigningKey = make([]byte, 32) },
		"a key of small order":          func(g *types.GenesisState) { g.SigningKeys[0].Key = make([]byte, 32) },
		"one key twice":                 func(g *types.GenesisState) { g.SigningKeys[1] = g.SigningKeys[0] },
		"a key of nobody":               func(g *types.GenesisState) { g.SigningKeys[0].OperatorId = 99 },
		"a key of another role":         func(g *types.GenesisState) { g.SigningKeys[0].Role = 3 - g.SigningKeys[0].Role },
		"a manifest cut short":          func(g *types.GenesisState) { g.Models[0].Manifest = g.Models[0].Manifest[1:] },
		"a model under another id":      func(g *types.GenesisState) { g.Models[0].ModelId = g.Models[1].ModelId },
		"units that are not manifest's": func(g *types.GenesisState) { g.Models[0].Profiles[0].UnitsPerItem++ },
		"one model twice":               func(g *types.GenesisState) { g.Models[1] = g.Models[0] },
		"a version of no model":         func(g *types.GenesisState) { g.Versions[0].ModelId = make([]byte, 32) },
		"a version in upper case":       func(g *types.GenesisState) { g.Versions[0].Version = "V" },
		"versions in another order":     func(g *types.GenesisState) { g.Versions[0], g.Versions[1] = g.Versions[1], g.Versions[0] },
		"one name of two publishers":    func(g *types.GenesisState) { g.Versions[1].Publisher, g.Versions[2].Publisher = "x", "y" },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			state := valid()
			spoil(state)
			require.Error(t, state.Validate())
		})
	}
}

// Coins that no state explains, or state that no coins back, start no chain (I3).
func TestAnImportWithoutItsCoinsIsRefused(t *testing.T) {
	f := busy(t)
	state, err := f.App.RegistryKeeper.ExportGenesis(f.Context())
	require.NoError(t, err)
	state.Operators[0].Bond = "1000000001"
	fresh := testutil.New(t)
	ctx, _ := fresh.Context().CacheContext()
	require.ErrorIs(t, fresh.App.RegistryKeeper.InitGenesis(ctx, state), types.ErrInvariant)
}
