package keeper

import (
	"context"

	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// setParams takes parameters that are in bounds and fit those of registry and escrow: no bond may leave before a fault
// that it backs can be judged (T39), and what a conviction burns must cover what is open.
func (k *Keeper) setParams(ctx context.Context, params *types.Params) error {
	if err := params.Validate(); err != nil {
		return err
	}
	escrow, err := k.escrow.GetParams(ctx)
	if err != nil {
		return err
	}
	registry, err := k.registry.GetParams(ctx)
	if err != nil {
		return err
	}
	if err := registry.CheckUnbonding(params.ChallengeWindow, escrow.SettleByHorizon); err != nil {
		return err
	}
	if most := basisPoints - registry.ReporterBps; params.ExposureBps > most {
		return types.ErrParams.Wrapf("exposure_bps: expected at most %d, what a conviction burns, found %d", most, params.ExposureBps)
	}
	return k.Params.Set(ctx, *params)
}
