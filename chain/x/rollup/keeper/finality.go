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
	"github.com/lamina-network/lamina/chain/confined"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// finalityWork is what one chain block's end may still do: settle entries, and begin blocks, of which each run, debt and
// exception is work too, so that blocks without an entry are bounded as well (I23, T51).
type finalityWork struct {
	begun          bool
	entries, items int
}

// finalizeOldest settles entries of the oldest pending block if its window has passed, as many as are left to do in this
// chain block; the rest carries over. It tells whether there may be more.
func (k *Keeper) finalizeOldest(ctx sdk.Context, work *finalityWork) (more bool, err error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return false, err
	}
	if !work.begun {
		most := int(params.FinalityEntriesPerBlock)
		*work = finalityWork{begun: true, entries: most, items: most}
	}
	if work.entries <= 0 || work.items <= 0 {
		return false, nil
	}
	id, block, found, err := k.oldestPending(ctx)
	if err != nil || !found || uint64(ctx.BlockHeight()) < block.AcceptedHeight+params.ChallengeWindow {
		return false, err
	}
	return true, k.settleEntries(ctx, id, block, work)
}

func (k *Keeper) oldestPending(ctx context.Context) (id uint64, block types.PendingBlock, found bool, err error) {
	err = k.Pending.Walk(ctx, nil, func(key uint64, value types.PendingBlock) (bool, error) {
		id, block, found = key, value, true
		return true, nil
	})
	return id, block, found, err
}

// settleEntries pays or refunds entries of a block, and closes it with its last.
func (k *Keeper) settleEntries(ctx sdk.Context, id uint64, block types.PendingBlock, work *finalityWork) error {
	progress, err := k.progress(ctx, block, work)
	if err != nil {
		return err
	}
	end := min(int(progress.Cursor)+work.entries, len(block.Entries))
	refunded, err := k.payEntries(ctx, block, block.Entries[progress.Cursor:end], progress.Convicted)
	if err != nil {
		return err
	}
	work.entries -= end - int(progress.Cursor)
	progress.Cursor, progress.Refunded = uint32(end), progress.Refunded+refunded
	if end < len(block.Entries) {
		return k.Progress.Set(ctx, progress)
	}
	if err := k.closeBlock(ctx, id, block, progress); err != nil {
		return err
	}
	return k.Progress.Remove(ctx)
}

// progress continues a block that was begun, or begins it: debts are booked, and who is convicted now stays so for the
// whole block, so that its exceptions say what its money did.
func (k *Keeper) progress(ctx sdk.Context, block types.PendingBlock, work *finalityWork) (types.FinalityProgress, error) {
	progress, err := k.Progress.Get(ctx)
	if !errors.Is(err, collections.ErrNotFound) {
		return progress, err
	}
	work.items -= 1 + len(block.Runs) + len(block.Debts) + len(block.Exceptions)
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
	return collected, k.pay(ctx, block, escrowtypes.PaymentWorker, operator.Operator, net)
}

func (k *Keeper) paySequencerAndProtocol(ctx sdk.Context, block types.PendingBlock, due payouts, collected math.Int) error {
	if data := math.NewIntFromUint64(due.data).Add(collected); data.IsPositive() {
		if err := k.pay(ctx, block, escrowtypes.PaymentSequencer, block.DataRecipient, data); err != nil {
			return err
		}
	}
	if due.protocol == 0 {
		return nil
	}
	collector := k.accounts.GetModuleAddress(authtypes.FeeCollectorName)
	return k.escrow.PayFromPot(ctx, escrowtypes.PaymentProtocol, collector, math.NewIntFromUint64(due.protocol), block.Number, isForced(block))
}

// pay sends coins out of the pot to an account. Should the bank refuse them, they are credited to the account's deposit,
// which moves no coins and so cannot be refused: one account must not hold up the pay of all others (I23).
func (k *Keeper) pay(ctx sdk.Context, block types.PendingBlock, kind, account string, value math.Int) error {
	recipient, err := k.accounts.AddressCodec().StringToBytes(account)
	if err != nil {
		return err
	}
	if confined.Run(ctx, "rollup: payment to "+account, func(ctx context.Context) error {
		return k.escrow.PayFromPot(ctx, kind, recipient, value, block.Number, isForced(block))
	}) {
		return nil
	}
	return k.escrow.CreditFromPot(ctx, kind, account, value, block.Number, isForced(block))
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
