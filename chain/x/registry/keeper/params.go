package keeper

import (
	"context"

	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// SetParams stores parameters that are in bounds and fit those of escrow and rollup.
func (k *Keeper) SetParams(ctx context.Context, params *types.Params) error {
	if err := params.Validate(); err != nil {
		return err
	}
	if err := k.checkFit(ctx, *params); err != nil {
		return err
	}
	return k.params.Set(ctx, *params)
}

// CheckParams holds the stored parameters against those of escrow and rollup: genesis writes one module after the other.
func (k *Keeper) CheckParams(ctx context.Context) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	return k.checkFit(ctx, params)
}

func (k *Keeper) checkFit(ctx context.Context, params types.Params) error {
	horizon, err := k.escrow.SettleByHorizon(ctx)
	if err != nil {
		return err
	}
	window, err := k.challengeWindow(ctx)
	if err != nil {
		return err
	}
	if err := params.CheckUnbonding(window, horizon); err != nil || k.windows == nil {
		return err
	}
	return k.windows.CheckConviction(ctx, params.EquivocationSlashBps, params.ReporterBps)
}

// CheckHorizon tells escrow whether a job could outlast the bond behind it if it lived so long (T39, T52).
func (k *Keeper) CheckHorizon(ctx context.Context, settleByHorizon uint64) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	window, err := k.challengeWindow(ctx)
	if err != nil {
		return err
	}
	return params.CheckUnbonding(window, settleByHorizon)
}

// challengeWindow is 0 on a chain without x/rollup, where nothing waits.
func (k *Keeper) challengeWindow(ctx context.Context) (uint64, error) {
	if k.windows == nil {
		return 0, nil
	}
	return k.windows.ChallengeWindow(ctx)
}
