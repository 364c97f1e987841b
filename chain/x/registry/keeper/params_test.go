package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// minimal is the preset's, which every case spoils in one field.
func (f *fixture) params() *types.Params {
	f.TB.Helper()
	var response types.QueryParamsResponse
	f.Query("lamina.registry.v1.Query/Params", &types.QueryParamsRequest{}, &response)
	return response.Params
}

func TestParametersStayInBounds(t *testing.T) {
	f := newFixture(t)
	cases := map[string]func(*types.Params){
		"worker_bond_min 0":            func(p *types.Params) { p.WorkerBondMin = "0" },
		"sequencer_bond_min empty":     func(p *types.Params) { p.SequencerBondMin = "" },
		"dispute_heights_max 0":        func(p *types.Params) { p.DisputeHeightsMax = 0 },
		"dispute_heights_max over":     func(p *types.Params) { p.DisputeHeightsMax, p.UnbondingHeights = 1_000_001, 2_000_000 },
		"jail_heights 0":               func(p *types.Params) { p.JailHeights = 0 },
		"jail_heights over":            func(p *types.Params) { p.JailHeights = 1_000_001 },
		"equivocation_slash_bps 0":     func(p *types.Params) { p.EquivocationSlashBps = 0 },
		"equivocation_slash_bps over":  func(p *types.Params) { p.EquivocationSlashBps = 10_001 },
		"reporter_bps over":            func(p *types.Params) { p.ReporterBps = 2_501 },
		"manifest_bytes_max under":     func(p *types.Params) { p.ManifestBytesMax = 1_023 },
		"manifest_bytes_max over":      func(p *types.Params) { p.ManifestBytesMax = 262_145 },
		"worker_models_max 0":          func(p *types.Params) { p.WorkerModelsMax = 0 },
		"worker_models_max over":       func(p *types.Params) { p.WorkerModelsMax = 257 },
		"unbonding as long as a fault": func(p *types.Params) { p.UnbondingHeights = 10 + p.DisputeHeightsMax + 300 },
		"a longer dispute":             func(p *types.Params) { p.DisputeHeightsMax = p.UnbondingHeights },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			params := f.params()
			spoil(params)
			err := f.ExecuteAsAuthority(&types.MsgUpdateParams{Authority: f.Authority(), Params: params})
			require.ErrorIs(t, err, types.ErrParams)
		})
	}
	require.ErrorIs(t, f.ExecuteAsAuthority(&types.MsgUpdateParams{Authority: f.Authority()}), types.ErrParams)
	params := f.params()
	params.UnbondingHeights = 10 + params.DisputeHeightsMax + 300 + 1
	require.NoError(t, f.ExecuteAsAuthority(&types.MsgUpdateParams{Authority: f.Authority(), Params: params}))
	require.Equal(t, params, f.params())
}

// Both presets and the default hold against their own bounds and each other's (T52).
func TestPresetsAreInBounds(t *testing.T) {
	for _, preset := range []string{"minimal", "mainnet"} {
		chain := testutil.New(t, testutil.WithPreset(preset))
		require.NoError(t, chain.App.RegistryKeeper.CheckParams(chain.Context()))
	}
	require.NoError(t, types.DefaultGenesis().Validate())
	require.NoError(t, types.DefaultParams().CheckUnbonding(360, 4_320))
}
