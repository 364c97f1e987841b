package keeper

import (
	"context"
	"encoding/binary"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/ed25519x"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// placedBlock is a posted block with its header at its place in the chain of blocks.
type placedBlock struct {
	codec.PostedBlock
	header codec.Header
	hash   merkle.Digest
}

// acceptBatch decides a batch by its bytes and append-only facts, then settles its rows against current state. The first
// failure rejects it whole. Source: docs/spec/settlement.md.
func (k *Keeper) acceptBatch(ctx sdk.Context, submitter string, raw []byte) (id merkle.Digest, repeated bool, err error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return id, false, err
	}
	batch, err := decodeBatch(ctx, params, raw)
	if err != nil {
		return id, false, err
	}
	blocks := placeBlocks(ctx.ChainID(), batch)
	last := blocks[len(blocks)-1]
	id = codec.BatchID(ctx.ChainID(), batch.Term, batch.FirstNumber, uint32(len(blocks)), last.hash)
	term, err := k.term(ctx)
	if err != nil {
		return id, false, err
	}
	if repeated, err = k.alreadyAccepted(ctx, term, id, last); err != nil || repeated {
		return id, repeated, err
	}
	if err := checkPlace(term, submitter, batch); err != nil {
		return id, false, err
	}
	if err := consumeGas(ctx, params, len(raw), batch); err != nil {
		return id, false, err
	}
	rows := 0
	for i, block := range blocks {
		if err := k.acceptBlock(ctx, params, term, itemAt("batch", "blocks", i), block, id); err != nil {
			return id, false, err
		}
		rows += len(block.Rows)
		term.AcceptedNumber, term.AcceptedHash, term.AcceptedReference = block.header.Number, blocks[i].hash[:], block.ReferenceHeight
	}
	if err := k.Term.Set(ctx, term); err != nil {
		return id, false, err
	}
	if err := k.rememberBatch(ctx, params, id, batch); err != nil {
		return id, false, err
	}
	return id, false, ctx.EventManager().EmitTypedEvent(&types.EventBatchAccepted{
		BatchId: id[:], Term: batch.Term, FirstNumber: batch.FirstNumber, Blocks: uint32(len(blocks)), Rows: uint32(rows), Bytes: uint32(len(raw)),
	})
}

// decodeBatch bounds a batch before and while it is read, and charges for the reading first (T50).
func decodeBatch(ctx sdk.Context, params types.Params, raw []byte) (codec.Batch, error) {
	if uint64(len(raw)) > uint64(params.BatchBytesMax) {
		return codec.Batch{}, types.ErrTooLarge.Wrapf("batch: expected at most %d bytes, found %d", params.BatchBytesMax, len(raw))
	}
	ctx.GasMeter().ConsumeGas(params.GasPerBatch, "rollup: batch")
	ctx.GasMeter().ConsumeGas(params.GasPerByte*uint64(len(raw)), "rollup: batch bytes")
	batch, err := codec.DecodeBatch(raw)
	if err != nil {
		return codec.Batch{}, types.ErrMalformed.Wrapf("batch.%s", err)
	}
	if len(batch.Blocks) > int(params.BatchBlocksMax) {
		return codec.Batch{}, types.ErrTooLarge.Wrapf("batch: expected at most %d blocks, found %d", params.BatchBlocksMax, len(batch.Blocks))
	}
	rows := 0
	for i, block := range batch.Blocks {
		rows += len(block.Rows)
		if len(block.Runs) > int(params.BlockRunsMax) {
			return codec.Batch{}, types.ErrTooLarge.Wrapf("%s: expected at most %d runs, found %d", itemAt("batch", "blocks", i), params.BlockRunsMax, len(block.Runs))
		}
	}
	if rows > int(params.BatchRowsMax) {
		return codec.Batch{}, types.ErrTooLarge.Wrapf("batch: expected at most %d rows, found %d", params.BatchRowsMax, rows)
	}
	return batch, nil
}

func placeBlocks(chainID string, batch codec.Batch) []placedBlock {
	blocks, parent := make([]placedBlock, len(batch.Blocks)), batch.Parent
	for i, block := range batch.Blocks {
		header := block.Header(chainID, batch.Term, batch.FirstNumber+uint64(i), parent)
		blocks[i] = placedBlock{PostedBlock: block, header: header, hash: header.Hash()}
		parent = blocks[i].hash
	}
	return blocks
}

// alreadyAccepted recognises a batch that came before, also one cut differently: a resubmission is a success (T33).
func (k *Keeper) alreadyAccepted(ctx context.Context, term types.Term, id merkle.Digest, last placedBlock) (bool, error) {
	if last.header.Number == term.AcceptedNumber && last.hash == merkle.Digest(term.AcceptedHash) {
		return true, nil
	}
	return k.Accepted.Has(ctx, id[:])
}

func checkPlace(term types.Term, submitter string, batch codec.Batch) error {
	switch {
	case term.Term == 0:
		return types.ErrTerm.Wrap("no sequencer has registered yet")
	case batch.Term != term.Term:
		return types.ErrTerm.Wrapf("batch.term: expected %d, found %d", term.Term, batch.Term)
	case submitter != term.Operator:
		return types.ErrUnauthorized.Wrapf("expected term %d's sequencer %s, found %s", term.Term, term.Operator, submitter)
	case batch.FirstNumber != term.AcceptedNumber+1:
		return types.ErrParent.Wrapf("batch.first_number: expected %d, found %d", term.AcceptedNumber+1, batch.FirstNumber)
	case batch.Parent != merkle.Digest(term.AcceptedHash):
		return types.ErrParent.Wrapf("batch.parent: expected %x, found %x", term.AcceptedHash, batch.Parent)
	}
	return nil
}

// consumeGas charges in proportion to the work that follows (T50).
func consumeGas(ctx sdk.Context, params types.Params, size int, batch codec.Batch) error {
	rows, signatures := uint64(0), uint64(len(batch.Blocks))
	for _, block := range batch.Blocks {
		rows += uint64(len(block.Rows))
		signatures += uint64(len(block.Runs)) + signaturesOf(block.PostedBody)
	}
	ctx.GasMeter().ConsumeGas(params.GasPerRow*rows, "rollup: rows")
	ctx.GasMeter().ConsumeGas(params.GasPerSignature*signatures, "rollup: signatures")
	return nil
}

func signaturesOf(body codec.PostedBody) uint64 {
	count := uint64(0)
	for _, authorisation := range body.Authorisations {
		count += uint64(max(1, len(authorisation.Each)))
	}
	return count
}

// acceptBlock checks a block and settles its rows.
func (k *Keeper) acceptBlock(ctx sdk.Context, params types.Params, term types.Term, item string, block placedBlock, batchID merkle.Digest) error {
	if block.ReferenceHeight < term.AcceptedReference {
		return types.ErrReferenceHeight.Wrapf("%s: expected at least the block's before, %d, found %d", item, term.AcceptedReference, block.ReferenceHeight)
	}
	result, err := k.checkBody(ctx, item, block.PostedBody, spendContext{term: term.Term, number: block.header.Number})
	if err != nil {
		return err
	}
	if err := checkHeader(item, term, block, result); err != nil {
		return err
	}
	settled, err := k.settle(ctx, params, result)
	if err != nil {
		return err
	}
	for i := range result.runs {
		run := &result.runs[i]
		if err := k.serve(ctx, run.id, run.Start+uint64(run.Count)); err != nil {
			return err
		}
	}
	pending := settled.pending()
	pending.Kind, pending.Term, pending.Number = types.KindBlock, term.Term, block.header.Number
	pending.HeaderHash, pending.BatchId, pending.DataRecipient = block.hash[:], batchID[:], term.Operator
	proof := binary.BigEndian.AppendUint64(append([]byte{}, block.hash[:]...), pending.AcceptedHeight)
	if err := k.PendingProof.Set(ctx, collections.Join(term.Term, block.header.Number), append(proof, batchID[:]...)); err != nil {
		return err
	}
	return k.addPending(ctx, pending)
}

func checkHeader(item string, term types.Term, block placedBlock, result *checked) error {
	if block.RowsRoot != result.root {
		return types.ErrHeaderMismatch.Wrapf("%s.rows_root: expected %x, found %x", item, result.root, block.RowsRoot)
	}
	if block.Charges != result.charges {
		return types.ErrHeaderMismatch.Wrapf("%s.charges: expected %d, found %d", item, result.charges, block.Charges)
	}
	if !ed25519x.VerifyStrict(term.Key, block.header.Encode(), block.Signature[:]) {
		return types.ErrHeaderSignature.Wrapf("%s: not the sequencer's of term %d over block %d", item, term.Term, block.header.Number)
	}
	return nil
}

// settle decides all rows of a checked body and books the sums.
func (k *Keeper) settle(ctx sdk.Context, params types.Params, result *checked) (*settlement, error) {
	state, err := k.newSettlement(ctx, params, result)
	if err != nil {
		return nil, err
	}
	for i := range result.runs {
		if err := k.settleRun(ctx, state, &result.runs[i]); err != nil {
			return nil, err
		}
	}
	return state, k.write(ctx, state)
}

// pending is what is kept of a settled body until its window has passed.
func (s *settlement) pending() types.PendingBlock {
	return types.PendingBlock{
		RowsRoot: s.checked.root[:], Rows: uint32(len(s.checked.body.Rows)), Level: uint32(s.checked.body.Level),
		Param: uint32(s.checked.body.Param), AcceptedHeight: s.height, Debited: s.debited, Entries: s.sortedEntries(),
		Debts: s.sortedDebts(), Exceptions: storedOutcomes(s.outcomes.runs), Runs: s.ranges,
	}
}

func (k *Keeper) addPending(ctx sdk.Context, block types.PendingBlock) error {
	id, err := k.PendingNext.Next(ctx)
	if err != nil {
		return err
	}
	if err := k.Pending.Set(ctx, id, block); err != nil {
		return err
	}
	if err := k.PendingIndex.Set(ctx, keyOfPending(block), id); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventBlockPending{
		Kind: block.Kind, Term: block.Term, Number: block.Number, HeaderHash: block.HeaderHash, Rows: block.Rows,
		Debited: block.Debited, Exceptions: block.Exceptions,
	})
}

func keyOfPending(block types.PendingBlock) pendingKey {
	return collections.Join3(block.Kind, block.Term, block.Number)
}

// rememberBatch keeps the ids of the last batches, so that a late resubmission is recognised.
func (k *Keeper) rememberBatch(ctx sdk.Context, params types.Params, id merkle.Digest, batch codec.Batch) error {
	order, err := k.AcceptedNext.Next(ctx)
	if err != nil {
		return err
	}
	if err := k.Accepted.Set(ctx, id[:], types.AcceptedBatch{
		BatchId: id[:], Term: batch.Term, FirstNumber: batch.FirstNumber, Blocks: uint32(len(batch.Blocks)), Height: uint64(ctx.BlockHeight()),
	}); err != nil {
		return err
	}
	if err := k.AcceptedOrder.Set(ctx, order, id[:]); err != nil {
		return err
	}
	return k.forgetBatches(ctx, order, params)
}

// forgetBatchesMax bounds how many ids one batch drops: more than it adds, so that a lowered limit is reached in time.
const forgetBatchesMax = 4

func (k *Keeper) forgetBatches(ctx context.Context, order uint64, params types.Params) error {
	keep := uint64(params.BatchIdsKept)
	if order < keep {
		return nil
	}
	ends := new(collections.Range[uint64]).EndInclusive(order - keep)
	var old []uint64
	if err := k.AcceptedOrder.Walk(ctx, ends, func(at uint64, id []byte) (bool, error) {
		old = append(old, at)
		return len(old) == forgetBatchesMax, nil
	}); err != nil {
		return err
	}
	for _, at := range old {
		id, err := k.AcceptedOrder.Get(ctx, at)
		if err != nil {
			return err
		}
		if err := errors.Join(k.Accepted.Remove(ctx, id), k.AcceptedOrder.Remove(ctx, at)); err != nil {
			return err
		}
	}
	return nil
}
