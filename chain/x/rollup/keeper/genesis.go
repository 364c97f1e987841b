package keeper

import (
	"context"
	"encoding/binary"
	"errors"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// InitGenesis writes a state as ExportGenesis gives it. Registry and escrow come before: pending blocks name theirs.
func (k *Keeper) InitGenesis(ctx context.Context, state *types.GenesisState) error {
	if err := state.Validate(); err != nil {
		return err
	}
	if err := k.setParams(ctx, state.Params); err != nil {
		return err
	}
	if state.Term != nil {
		if err := k.Term.Set(ctx, *state.Term); err != nil {
			return err
		}
	}
	if err := k.initLogs(ctx, state); err != nil {
		return err
	}
	if err := k.initFinalLog(ctx, state.FinalLog); err != nil {
		return err
	}
	if err := k.initPending(ctx, state); err != nil {
		return err
	}
	for order, batch := range state.Accepted {
		if err := errors.Join(k.Accepted.Set(ctx, batch.BatchId, *batch), k.AcceptedOrder.Set(ctx, uint64(order), batch.BatchId)); err != nil {
			return err
		}
	}
	return errors.Join(
		k.AcceptedNext.Set(ctx, uint64(len(state.Accepted))), k.PendingNext.Set(ctx, uint64(len(state.Pending))),
		k.ForcedNext.Set(ctx, state.NextForcedSequence))
}

func (k *Keeper) initLogs(ctx context.Context, state *types.GenesisState) error {
	for _, log := range state.Logs {
		if err := k.Logs.Set(ctx, storedLogKey(log.Worker, log.Level, log.Param, log.Incarnation), *log); err != nil {
			return err
		}
	}
	for _, incarnation := range state.Incarnations {
		if err := k.Incarnations.Set(ctx, incarnation.Worker, *incarnation); err != nil {
			return err
		}
	}
	for _, mark := range state.Unserved {
		if err := k.setMark(ctx, storedLogKey(mark.Worker, mark.Level, mark.Param, mark.Incarnation), *mark); err != nil {
			return err
		}
	}
	return nil
}

func storedLogKey(worker []byte, level, param, incarnation uint32) logKey {
	return keyOfLog(codec.LogID{Worker: merkle.Digest(worker), Level: uint8(level), Param: uint8(param), Incarnation: incarnation})
}

func (k *Keeper) initFinalLog(ctx context.Context, state *types.FinalLog) error {
	if state == nil || state.Size_ == 0 {
		return nil
	}
	peaks := make([]merkle.Digest, len(state.Peaks))
	for i, peak := range state.Peaks {
		peaks[i] = merkle.Digest(peak)
	}
	log, err := merkle.NewLog(state.Size_, peaks)
	if err != nil {
		return types.ErrGenesis.Wrapf("final log: %s", err)
	}
	return k.FinalLog.Set(ctx, log.Encode())
}

// initPending rebuilds what is derived from pending blocks: their index and the values that receipts prove.
func (k *Keeper) initPending(ctx context.Context, state *types.GenesisState) error {
	for id, block := range state.Pending {
		proof := binary.BigEndian.AppendUint64(append([]byte{}, block.HeaderHash...), block.AcceptedHeight)
		var err error
		if isForced(*block) {
			err = k.ForcedProof.Set(ctx, block.Number, proof)
		} else {
			err = k.PendingProof.Set(ctx, collections.Join(block.Term, block.Number), append(proof, block.BatchId...))
		}
		if err := errors.Join(err, k.Pending.Set(ctx, uint64(id), *block), k.PendingIndex.Set(ctx, keyOfPending(*block), uint64(id))); err != nil {
			return err
		}
	}
	if state.Progress == nil {
		return nil
	}
	return k.Progress.Set(ctx, *state.Progress)
}

// ExportGenesis writes all state; importing it and exporting again gives the same (I22).
func (k *Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	state := &types.GenesisState{Params: &params}
	if state.NextForcedSequence, err = k.ForcedNext.Peek(ctx); err != nil {
		return nil, err
	}
	if err := k.exportItems(ctx, state); err != nil {
		return nil, err
	}
	return state, errors.Join(
		collect(ctx, k.Logs, &state.Logs), collect(ctx, k.Incarnations, &state.Incarnations), collect(ctx, k.Unserved, &state.Unserved),
		collect(ctx, k.Pending, &state.Pending), k.exportAccepted(ctx, state))
}

func (k *Keeper) exportItems(ctx context.Context, state *types.GenesisState) error {
	term, err := k.Term.Get(ctx)
	if err == nil {
		state.Term = &term
	} else if err := ignoreNotFound(err); err != nil {
		return err
	}
	progress, err := k.Progress.Get(ctx)
	if err == nil {
		state.Progress = &progress
	} else if err := ignoreNotFound(err); err != nil {
		return err
	}
	log, err := k.finalLog(ctx)
	if err != nil {
		return err
	}
	state.FinalLog = &types.FinalLog{Size_: log.Size}
	for i := range log.Peaks {
		state.FinalLog.Peaks = append(state.FinalLog.Peaks, log.Peaks[i][:])
	}
	return nil
}

func (k *Keeper) exportAccepted(ctx context.Context, state *types.GenesisState) error {
	return k.AcceptedOrder.Walk(ctx, nil, func(_ uint64, id []byte) (bool, error) {
		batch, err := k.Accepted.Get(ctx, id)
		state.Accepted = append(state.Accepted, &batch)
		return false, err
	})
}

// collect lists a map's values in order of their keys.
func collect[K, V any](ctx context.Context, from collections.Map[K, V], into *[]*V) error {
	return from.Walk(ctx, nil, func(_ K, value V) (bool, error) {
		*into = append(*into, &value)
		return false, nil
	})
}
