package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/confined"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// EndBlocker pays withdrawals that are due and drops bitmaps of epochs that have passed, so many of each in a block and
// the rest in those after (T51). What fails waits, alone, and stops nobody (I23).
func (k *Keeper) EndBlocker(ctx context.Context) error {
	confined.Run(ctx, "escrow: withdrawals", k.payDueWithdrawals)
	confined.Run(ctx, "escrow: nonces", k.pruneNonces)
	return nil
}

func (k *Keeper) payDueWithdrawals(ctx context.Context) error {
	until := collections.NewPrefixUntilPairRange[uint64, uint64](currentHeight(ctx))
	due, err := firstKeys(ctx, k.withdrawalQueue, until, types.WithdrawalsPerBlock)
	if err != nil {
		return err
	}
	for _, key := range due {
		k.endWithdrawal(ctx, key.K2())
	}
	return nil
}

// endWithdrawal pays one withdrawal, or, where that fails, moves it behind the others.
func (k *Keeper) endWithdrawal(ctx context.Context, id uint64) {
	name := fmt.Sprintf("escrow: withdrawal %d", id)
	if confined.Run(ctx, name, func(ctx context.Context) error { return k.withWithdrawal(ctx, id, k.payWithdrawal) }) {
		return
	}
	confined.Run(ctx, name, func(ctx context.Context) error { return k.withWithdrawal(ctx, id, k.retryWithdrawal) })
}

func (k *Keeper) withWithdrawal(ctx context.Context, id uint64, work func(context.Context, types.Withdrawal) error) error {
	withdrawal, err := k.withdrawals.Get(ctx, id)
	if err != nil {
		return err
	}
	return work(ctx, withdrawal)
}

// pruneNonces moves the cursor to the first epoch that a job may still settle in, or as far as this block's share goes.
// From the next height on no row of an epoch whose last height is this one can be accepted.
func (k *Keeper) pruneNonces(ctx context.Context) error {
	layout, err := k.Layout(ctx)
	if err != nil {
		return err
	}
	passed := (currentHeight(ctx) + 1) / layout.EpochHeights
	pruned, err := k.prunedEpoch.Get(ctx)
	if err != nil || pruned >= passed {
		return err
	}
	// One more than is dropped shows where the cursor stops.
	keys, err := k.firstNonceChunks(ctx, types.NonceChunksPerBlock+1)
	if err != nil {
		return err
	}
	for index, key := range keys {
		if key.K1() >= passed {
			break
		}
		if index == types.NonceChunksPerBlock {
			return k.prunedEpoch.Set(ctx, key.K1())
		}
		if err := k.nonceChunks.Remove(ctx, key); err != nil {
			return err
		}
	}
	return k.prunedEpoch.Set(ctx, passed)
}

// firstKeys lists keys before anything is changed, since changing a set ends its iteration.
func firstKeys[K any](ctx context.Context, set collections.KeySet[K], ranger collections.Ranger[K], most int) ([]K, error) {
	iterator, err := set.Iterate(ctx, ranger)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var keys []K
	for ; iterator.Valid() && len(keys) < most; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// firstNonceChunks is firstKeys for the bitmaps, oldest epochs first.
func (k *Keeper) firstNonceChunks(ctx context.Context, most int) ([]nonceChunkKey, error) {
	iterator, err := k.nonceChunks.Iterate(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var keys []nonceChunkKey
	for ; iterator.Valid() && len(keys) < most; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}
