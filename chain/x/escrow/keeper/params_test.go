package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

func TestParametersStayInBounds(t *testing.T) {
	f := newFixture(t)
	params := func() *types.Params {
		var response types.QueryParamsResponse
		f.Query("lamina.escrow.v1.Query/Params", &types.QueryParamsRequest{}, &response)
		return response.Params
	}
	cases := map[string]struct {
		expected error
		spoil    func(*types.Params)
	}{
		"settle_by_horizon 9":    {types.ErrParams, func(p *types.Params) { p.SettleByHorizon = 9 }},
		"settle_by_horizon over": {types.ErrParams, func(p *types.Params) { p.SettleByHorizon = 1_000_001 }},
		"withdrawal_delay 0":     {types.ErrParams, func(p *types.Params) { p.WithdrawalDelay = 0 }},
		"withdrawal_delay over":  {types.ErrParams, func(p *types.Params) { p.WithdrawalDelay = 1_000_001 }},
		"lane_grace 0":           {types.ErrParams, func(p *types.Params) { p.LaneGrace = 0 }},
		"lane_grace over":        {types.ErrParams, func(p *types.Params) { p.LaneGrace = 1_000_001 }},
		"lane_models_max 0":      {types.ErrParams, func(p *types.Params) { p.LaneModelsMax = 0 }},
		"lane_models_max over":   {types.ErrParams, func(p *types.Params) { p.LaneModelsMax = 257 }},
		// unbonding 400 ≤ window 10 + dispute 50 + horizon 340
		"jobs that outlive bonds": {registrytypes.ErrParams, func(p *types.Params) { p.SettleByHorizon = 340 }},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			changed := params()
			test.spoil(changed)
			require.ErrorIs(t, f.ExecuteAsAuthority(&types.MsgUpdateParams{Authority: f.Authority(), Params: changed}), test.expected)
		})
	}
	require.ErrorIs(t, f.ExecuteAsAuthority(&types.MsgUpdateParams{Authority: f.Authority()}), types.ErrParams)
	longest := params()
	longest.SettleByHorizon = 339
	require.NoError(t, f.ExecuteAsAuthority(&types.MsgUpdateParams{Authority: f.Authority(), Params: longest}))
	require.Equal(t, longest, params())
}
