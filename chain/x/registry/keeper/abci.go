package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/confined"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// EndBlocker pays back bonds whose unbonding has ended: at most UnbondingsPerBlock, the rest in the blocks after (T51). A
// bond that cannot be paid waits, alone, and stops nobody (I23).
func (k *Keeper) EndBlocker(ctx context.Context) error {
	confined.Run(ctx, "registry: unbonding", func(ctx context.Context) error {
		due, err := k.dueUnbondings(ctx)
		if err != nil {
			return err
		}
		for _, id := range due {
			k.endUnbonding(ctx, id)
		}
		return nil
	})
	return nil
}

// endUnbonding pays one bond back, or, where that fails, moves it behind the others.
func (k *Keeper) endUnbonding(ctx context.Context, id uint64) {
	name := fmt.Sprintf("registry: bond of operator %d", id)
	if confined.Run(ctx, name, func(ctx context.Context) error { return k.withOperator(ctx, id, k.payBack) }) {
		return
	}
	confined.Run(ctx, name, func(ctx context.Context) error { return k.withOperator(ctx, id, k.retryUnbonding) })
}

func (k *Keeper) withOperator(ctx context.Context, id uint64, work func(context.Context, types.Operator) error) error {
	operator, found, err := k.GetOperator(ctx, id)
	if err != nil || !found {
		return orUnknown(err, id)
	}
	return work(ctx, operator)
}

// dueUnbondings lists them first, since paying back changes the set.
func (k *Keeper) dueUnbondings(ctx context.Context) ([]uint64, error) {
	until := collections.NewPrefixUntilPairRange[uint64, uint64](currentHeight(ctx))
	iterator, err := k.unbonding.Iterate(ctx, until)
	if err != nil {
		return nil, err
	}
	defer iterator.Close()
	var due []uint64
	for ; iterator.Valid() && len(due) < types.UnbondingsPerBlock; iterator.Next() {
		key, err := iterator.Key()
		if err != nil {
			return nil, err
		}
		due = append(due, key.K2())
	}
	return due, nil
}
