package keeper

import (
	"encoding/binary"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// forceInclude settles a run that anybody brings under its worker's signature: what a sequencer leaves out is paid all
// the same, and the log is marked unserved until a batch reaches it (T30, T65).
func (k *Keeper) forceInclude(ctx sdk.Context, submitter string, raw []byte) (uint64, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return 0, err
	}
	forced, err := decodeForced(ctx, params, raw)
	if err != nil {
		return 0, err
	}
	result, err := k.checkBody(ctx, "run", forced.PostedBody, spendContext{forced: true})
	if err != nil {
		return 0, err
	}
	run := &result.runs[0]
	if end := run.Start + uint64(run.Count); end <= run.log.Count {
		return 0, types.ErrNothingNew.Wrapf("run: the log has %d rows, the run ends at %d", run.log.Count, end)
	}
	settled, err := k.settle(ctx, params, result)
	if err != nil {
		return 0, err
	}
	// What pays nobody was not censored: else who has no bond left could keep a sequencer busy for nothing.
	if len(settled.entries.keys) > 0 {
		if err := k.markUnserved(ctx, run, settled.height); err != nil {
			return 0, err
		}
	}
	sequence, err := k.ForcedNext.Next(ctx)
	if err != nil {
		return 0, err
	}
	sequence++ // forced blocks count from 1
	pending := settled.pending()
	header := codec.ForcedHeader{
		ChainID: ctx.ChainID(), Sequence: sequence, Level: forced.Level, Param: forced.Param,
		AcceptedHeight: pending.AcceptedHeight, Rows: pending.Rows, Charges: result.charges, RowsRoot: result.root,
	}
	hash := header.Hash()
	pending.Kind, pending.Number, pending.HeaderHash, pending.DataRecipient = types.KindForced, sequence, hash[:], submitter
	if err := k.ForcedProof.Set(ctx, sequence, binary.BigEndian.AppendUint64(append([]byte{}, hash[:]...), pending.AcceptedHeight)); err != nil {
		return 0, err
	}
	return sequence, k.addPending(ctx, pending)
}

func decodeForced(ctx sdk.Context, params types.Params, raw []byte) (codec.ForcedRun, error) {
	if uint64(len(raw)) > uint64(params.BatchBytesMax) {
		return codec.ForcedRun{}, types.ErrTooLarge.Wrapf("run: expected at most %d bytes, found %d", params.BatchBytesMax, len(raw))
	}
	ctx.GasMeter().ConsumeGas(params.GasPerBatch, "rollup: forced run")
	ctx.GasMeter().ConsumeGas(params.GasPerByte*uint64(len(raw)), "rollup: forced run bytes")
	forced, err := codec.DecodeForcedRun(raw)
	if err != nil {
		return codec.ForcedRun{}, types.ErrMalformed.Wrapf("run.%s", err)
	}
	if len(forced.Rows) > int(params.BatchRowsMax) {
		return codec.ForcedRun{}, types.ErrTooLarge.Wrapf("run: expected at most %d rows, found %d", params.BatchRowsMax, len(forced.Rows))
	}
	ctx.GasMeter().ConsumeGas(params.GasPerRow*uint64(len(forced.Rows)), "rollup: rows")
	ctx.GasMeter().ConsumeGas(params.GasPerSignature*(1+signaturesOf(forced.PostedBody)), "rollup: signatures")
	return forced, nil
}
