package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// EndBlocker pays back bonds whose unbonding has ended: at most UnbondingsPerBlock, the rest in the blocks after (I23, T51).
func (k *Keeper) EndBlocker(ctx context.Context) error {
	due, err := k.dueUnbondings(ctx)
	if err != nil {
		return err
	}
	for _, id := range due {
		operator, found, err := k.GetOperator(ctx, id)
		if err != nil {
			return err
		}
		if !found {
			return types.ErrOperatorUnknown.Wrapf("id %d is unbonding", id)
		}
		if err := k.payBack(ctx, operator); err != nil {
			return err
		}
	}
	return nil
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
