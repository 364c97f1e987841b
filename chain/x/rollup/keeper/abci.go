package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/confined"
)

// EndBlock makes blocks final, oldest first, as much of it as the parameters allow in one chain block. Each block is
// settled whole or not at all: should the books of one not add up, it stays as it is and is tried again in the next
// chain block, those before it are final, those behind it wait, and the event tells (I10, I23).
func (k *Keeper) EndBlock(ctx context.Context) error {
	var work finalityWork
	for more := true; more; {
		done := confined.Run(ctx, "rollup: finality", func(ctx context.Context) (err error) {
			more, err = k.finalizeOldest(sdk.UnwrapSDKContext(ctx), &work)
			return err
		})
		more = more && done
	}
	return nil
}
