package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// keyOfLog joins level and param: both are a byte in every format.
func keyOfLog(id codec.LogID) logKey {
	return collections.Join3(id.Worker[:], uint32(id.Level)<<8|uint32(id.Param), id.Incarnation)
}

// log reads what the chain has accepted of a result log; one never seen stands at its start head.
func (k *Keeper) log(ctx context.Context, chainID string, id codec.LogID) (types.Log, error) {
	stored, err := k.Logs.Get(ctx, keyOfLog(id))
	if !errors.Is(err, collections.ErrNotFound) {
		return stored, err
	}
	head := codec.StartHead(chainID, id)
	return types.Log{
		Worker: id.Worker[:], Level: uint32(id.Level), Param: uint32(id.Param), Incarnation: id.Incarnation, Head: head[:],
	}, nil
}

// incarnation gives the incarnation in which a worker's key signs at a height; the one on its way opens by itself.
func (k *Keeper) incarnation(ctx context.Context, worker []byte, height uint64) (uint32, error) {
	stored, err := k.Incarnations.Get(ctx, worker)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if stored.NextOpens != 0 && height >= stored.NextOpens {
		return stored.Current + 1, nil
	}
	return stored.Current, nil
}

// ignoreNotFound is for reads whose absence has a meaning of its own.
func ignoreNotFound(err error) error {
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	return err
}
