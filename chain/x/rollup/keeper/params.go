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
	if err := checkConviction(params.ExposureBps, registry.EquivocationSlashBps, registry.ReporterBps); err != nil {
		return err
	}
	return k.Params.Set(ctx, *params)
}

// CheckConviction tells the registry whether a slash and a reporter's share still let a conviction burn what a worker may
// have open (T52).
func (k *Keeper) CheckConviction(ctx context.Context, slashBps, reporterBps uint32) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	return checkConviction(params.ExposureBps, slashBps, reporterBps)
}

func checkConviction(exposureBps, slashBps, reporterBps uint32) error {
	if burnt := uint64(slashBps) * uint64(basisPoints-reporterBps) / basisPoints; uint64(exposureBps) > burnt {
		return types.ErrParams.Wrapf("exposure_bps: expected at most %d, what a conviction burns, found %d", burnt, exposureBps)
	}
	return nil
}
