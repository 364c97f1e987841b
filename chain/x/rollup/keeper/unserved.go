package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

func keyOfMark(mark types.Unserved) sinceKey {
	return collections.Join4(mark.SinceHeight, mark.Worker, mark.Level<<8|mark.Param, mark.Incarnation)
}

// setMark stores a mark at its place among the others.
func (k *Keeper) setMark(ctx context.Context, id logKey, mark types.Unserved) error {
	return errors.Join(k.Unserved.Set(ctx, id, mark), k.UnservedSince.Set(ctx, keyOfMark(mark)))
}

// markUnserved starts the clock after which another sequencer may take the term; a mark already running keeps its start.
func (k *Keeper) markUnserved(ctx context.Context, run *checkedRun, height uint64) error {
	id := keyOfLog(run.id)
	mark, err := k.Unserved.Get(ctx, id)
	if errors.Is(err, collections.ErrNotFound) {
		mark, err = types.Unserved{
			Worker: run.id.Worker[:], Level: uint32(run.id.Level), Param: uint32(run.id.Param),
			Incarnation: run.id.Incarnation, SinceHeight: height,
		}, nil
	}
	if err != nil {
		return err
	}
	mark.Count = run.Start + uint64(run.Count)
	return k.setMark(ctx, id, mark)
}

// serve clears the mark of a log whose forced run a batch has now reached.
func (k *Keeper) serve(ctx context.Context, id codec.LogID, count uint64) error {
	mark, err := k.Unserved.Get(ctx, keyOfLog(id))
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil || count < mark.Count {
		return err
	}
	return errors.Join(k.Unserved.Remove(ctx, keyOfLog(id)), k.UnservedSince.Remove(ctx, keyOfMark(mark)))
}

// isOverdue tells whether a log has been unserved for so many heights of the term. A new term has the whole time for
// what the one before left. It reads one key, however many logs an attacker has marked (T40).
func (k *Keeper) isOverdue(ctx context.Context, term types.Term, height, heights uint64) (bool, error) {
	if height < term.StartedHeight+heights {
		return false, nil
	}
	iterator, err := k.UnservedSince.Iterate(ctx, nil)
	if err != nil {
		return false, err
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return false, nil
	}
	oldest, err := iterator.Key()
	return height >= oldest.K1()+heights, err
}
