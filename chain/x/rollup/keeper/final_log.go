package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/codec/merkle"
)

// finalLog reads the peaks of the log of final records; before the first record the log is empty.
func (k *Keeper) finalLog(ctx context.Context) (merkle.Log, error) {
	raw, err := k.FinalLog.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return merkle.Log{}, nil
	}
	if err != nil {
		return merkle.Log{}, err
	}
	return merkle.DecodeLog(raw)
}

// appendFinal adds a record as a leaf and returns its index. Earlier leaves are never rewritten (I10).
func (k *Keeper) appendFinal(ctx context.Context, record []byte) (uint64, error) {
	log, err := k.finalLog(ctx)
	if err != nil {
		return 0, err
	}
	index := log.Size
	log.Append(record)
	return index, k.FinalLog.Set(ctx, log.Encode())
}
