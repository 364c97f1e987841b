package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// EndBlock makes blocks final. What it does in one chain block is bounded by finality_entries_per_block. A failure would
// halt the chain, so it is confined: state stays as it was and the next block tries again, while the event tells (I23).
func (k *Keeper) EndBlock(ctx context.Context) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	cached, write := sdkCtx.CacheContext()
	if err := k.finalize(cached); err != nil {
		sdkCtx.Logger().Error("finality stopped", "error", err.Error())
		sdkCtx.EventManager().EmitEvent(sdk.NewEvent("lamina.rollup.finality_stopped", sdk.NewAttribute("error", err.Error())))
		return nil
	}
	write()
	return nil
}
