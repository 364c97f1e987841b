// Package confined runs what a block's end has to do so that a failure neither leaves half of it behind nor stops the
// chain (I23, T37).
package confined

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// EventType is the event that tells of work which failed; its attributes are `work` and `error`.
const EventType = "lamina.work_stopped"

// Run does work on a copy of the state and keeps its effects only if all of it succeeds. It tells whether it did; a
// failure is logged and emitted, since a block's end must not return it.
func Run(ctx context.Context, name string, work func(context.Context) error) bool {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	cached, write := sdkCtx.CacheContext()
	if err := work(cached); err != nil {
		sdkCtx.Logger().Error("work at the block's end stopped", "work", name, "error", err.Error())
		sdkCtx.EventManager().EmitEvent(sdk.NewEvent(EventType, sdk.NewAttribute("work", name), sdk.NewAttribute("error", err.Error())))
		return false
	}
	write()
	return true
}
