package keeper

import (
	"context"
	"errors"
	"slices"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// finalize settles entries of the blocks whose window has passed, oldest first, at most as many as the parameters allow
// in one chain block; the rest carries over (I23, T51).
func (k *Keeper) finalize(ctx sdk.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	for budget := int(params.FinalityEntriesPerBlock); budget > 0; {
		id, block, found, err := k.oldestPending(ctx)
		if err != nil || !found || uint64(ctx.BlockHeight()) < block.AcceptedHeight+params.ChallengeWindow {
			return err
		}
		used, err := k.settleEntries(ctx, id, block, budget)
		if err != nil {
			return err
		}
		budget -= used
	}
	return nil
}

func (k *Keeper) oldestPending(ctx context.Context) (id uint64, block types.PendingBlock, found bool, err error) {
	err = k.Pending.Walk(ctx, nil, func(key uint64, value types.PendingBlock) (bool, error) {
		id, block, found = key, value, true
		return true, nil
	})
	return id, block, found, err
}

// settleEntries pays or refunds up to budget entries of a block, and closes it with its last. A block counts as one
// entry more, so that blocks of void rows are bounded too.
func (k *Keeper) settleEntries(ctx sdk.Context, id uint64, block types.PendingBlock, budget int) (int, error) {
	progress, err := k.progress(ctx, block)
	if err != nil {
		return 0, err
	}
	end := min(int(progress.Cursor)+budget, len(block.Entries))
	refunded, err := k.payEntries(ctx, block, block.Entries[progress.Cursor:end], progress.Convicted)
	if err != nil {
		return 0, err
	}
	used := end - int(progress.Cursor) + 1
	progress.Cursor, progress.Refunded = uint32(end), progress.Refunded+refunded
	if end < len(block.Entries) {
		return used, k.Progress.Set(ctx, progress)
	}
	if err := k.closeBlock(ctx, id, block, progress); err != nil {
		return 0, err
	}
	return used, k.Progress.Remove(ctx)
}

// progress continues a block that was begun, or begins it: debts are booked, and who is convicted now stays so for the
// whole block, so that its exceptions say what its money did.
func (k *Keeper) progress(ctx sdk.Context, block types.PendingBlock) (types.FinalityProgress, error) {
	progress, err := k.Progress.Get(ctx)
	if !errors.Is(err, collections.ErrNotFound) {
		return progress, err
	}
	for _, debt := range block.Debts {
		if err := k.registry.AddDebt(ctx, debt.OperatorId, math.NewIntFromUint64(debt.Amount)); err != nil {
			return types.FinalityProgress{}, err
		}
	}
	for _, run := range block.Runs {
		guilty, err := k.isConvicted(ctx, run)
		if err != nil {
			return types.FinalityProgress{}, err
		}
		if guilty {
			progress.Convicted = append(progress.Convicted, run.OperatorId)
		}
	}
	slices.Sort(progress.Convicted)
	progress.Convicted = slices.Compact(progress.Convicted)
	return progress, nil
}

// isConvicted looks at the key too: a convicted operator may be unbonding by now.
func (k *Keeper) isConvicted(ctx context.Context, run *types.RunRange) (bool, error) {
	key, known, err := k.registry.GetSigningKey(ctx, run.Worker)
	if err != nil || known && key.Convicted {
		return known, err
	}
	operator, known, err := k.registry.GetOperator(ctx, run.OperatorId)
	return known && operator.Status == registrytypes.OperatorStatus_OPERATOR_STATUS_CONVICTED, err
}

// payouts gathers what leaves the pot, so that recipients are paid once for many entries.
type payouts struct {
	data, protocol uint64
	worker         uint64
	operator       uint64
}

func (k *Keeper) payEntries(ctx sdk.Context, block types.PendingBlock, entries []*types.SettlementEntry, convicted []uint64) (refunded uint64, err error) {
	var due payouts
	collected := math.ZeroInt()
	for i, entry := range entries {
		if err := k.registry.SubOpenValue(ctx, entry.OperatorId, math.NewIntFromUint64(entry.Charge)); err != nil {
			return 0, err
		}
		if slices.Contains(convicted, entry.OperatorId) {
			amount := entry.Charge + entry.SignatureFees
			if err := k.escrow.RefundLane(ctx, entry.Lane, math.NewIntFromUint64(amount), block.Number, isForced(block)); err != nil {
				return 0, err
			}
			refunded += amount
			continue
		}
		due.data += entry.DataShare + entry.SignatureFees
		due.protocol += entry.ProtocolShare
		due.worker, due.operator = due.worker+entry.WorkerShare, entry.OperatorId
		if i+1 < len(entries) && entries[i+1].OperatorId == entry.OperatorId {
			continue
		}
		taken, err := k.payWorker(ctx, block, due)
		if err != nil {
			return 0, err
		}
		collected, due.worker = collected.Add(taken), 0
	}
	return refunded, k.paySequencerAndProtocol(ctx, block, due, collected)
}

// payWorker pays a worker what its debts leave; what they take goes to who posted the data.
func (k *Keeper) payWorker(ctx sdk.Context, block types.PendingBlock, due payouts) (collected math.Int, err error) {
	net, collected, err := k.registry.NetDebt(ctx, due.operator, math.NewIntFromUint64(due.worker))
	if err != nil || !net.IsPositive() {
		return collected, err
	}
	operator, known, err := k.registry.GetOperator(ctx, due.operator)
	if err != nil {
		return collected, err
	}
	if !known {
		return collected, types.ErrInvariant.Wrapf("operator %d has open rows and is unknown", due.operator)
	}
	recipient, err := k.accounts.AddressCodec().StringToBytes(operator.Operator)
	if err != nil {
		return collected, err
	}
	return collected, k.escrow.PayFromPot(ctx, escrowtypes.PaymentWorker, recipient, net, block.Number, isForced(block))
}

func (k *Keeper) paySequencerAndProtocol(ctx sdk.Context, block types.PendingBlock, due payouts, collected math.Int) error {
	if data := math.NewIntFromUint64(due.data).Add(collected); data.IsPositive() {
		recipient, err := k.accounts.AddressCodec().StringToBytes(block.DataRecipient)
		if err != nil {
			return err
		}
		if err := k.escrow.PayFromPot(ctx, escrowtypes.PaymentSequencer, recipient, data, block.Number, isForced(block)); err != nil {
			return err
		}
	}
	if due.protocol == 0 {
		return nil
	}
	collector := k.accounts.GetModuleAddress(authtypes.FeeCollectorName)
	return k.escrow.PayFromPot(ctx, escrowtypes.PaymentProtocol, collector, math.NewIntFromUint64(due.protocol), block.Number, isForced(block))
}

// closeBlock appends the final record and forgets the block: state holds open blocks only.
func (k *Keeper) closeBlock(ctx sdk.Context, id uint64, block types.PendingBlock, progress types.FinalityProgress) error {
	exceptions := refundConvicted(block, progress.Convicted)
	record := codec.FinalRecord{
		Kind: uint8(block.Kind), Term: block.Term, Number: block.Number, HeaderHash: merkle.Digest(block.HeaderHash),
		RowsRoot: merkle.Digest(block.RowsRoot), Rows: block.Rows, Level: uint8(block.Level), Param: uint8(block.Param),
		AcceptedHeight: block.AcceptedHeight, FinalHeight: uint64(ctx.BlockHeight()), Debited: block.Debited,
		Refunded: progress.Refunded, ExceptionsDigest: codec.ExceptionsDigest(exceptions),
	}
	index, err := k.appendFinal(ctx, record.Encode())
	if err != nil {
		return err
	}
	if err := errors.Join(k.Pending.Remove(ctx, id), k.PendingIndex.Remove(ctx, keyOfPending(block)), k.removeProof(ctx, block)); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventBlockFinal{
		Record: storedRecord(record), Exceptions: storedOutcomes(exceptions), LogIndex: index,
	})
}

func (k *Keeper) removeProof(ctx context.Context, block types.PendingBlock) error {
	if isForced(block) {
		return k.ForcedProof.Remove(ctx, block.Number)
	}
	return k.PendingProof.Remove(ctx, collections.Join(block.Term, block.Number))
}

func isForced(block types.PendingBlock) bool { return block.Kind == types.KindForced }

func storedRecord(record codec.FinalRecord) *types.FinalRecord {
	return &types.FinalRecord{
		Kind: uint32(record.Kind), Term: record.Term, Number: record.Number, HeaderHash: record.HeaderHash[:],
		RowsRoot: record.RowsRoot[:], Rows: record.Rows, Level: uint32(record.Level), Param: uint32(record.Param),
		AcceptedHeight: record.AcceptedHeight, FinalHeight: record.FinalHeight, Debited: record.Debited,
		Refunded: record.Refunded, ExceptionsDigest: record.ExceptionsDigest[:],
	}
}
