package keeper

import (
	"context"
	"fmt"

	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// GetParams returns the module's parameters.
func (k *Keeper) GetParams(ctx context.Context) (types.Params, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return types.Params{}, fmt.Errorf("read escrow parameters: %w", err)
	}
	return params, nil
}

// Layout returns how nonces are laid out; genesis has fixed it.
func (k *Keeper) Layout(ctx context.Context) (types.Layout, error) {
	layout, err := k.layout.Get(ctx)
	if err != nil {
		return types.Layout{}, fmt.Errorf("read the nonce layout: %w", err)
	}
	return layout, nil
}

// SettleByHorizon is how far ahead of its block a job may still settle, in heights.
func (k *Keeper) SettleByHorizon(ctx context.Context) (uint64, error) {
	params, err := k.GetParams(ctx)
	return params.SettleByHorizon, err
}

// SetParams stores parameters that are in bounds and under which no job outlives the bond behind it (T39).
func (k *Keeper) SetParams(ctx context.Context, params *types.Params) error {
	if err := params.Validate(); err != nil {
		return err
	}
	if err := k.registry.CheckHorizon(ctx, params.SettleByHorizon); err != nil {
		return err
	}
	return k.params.Set(ctx, *params)
}
