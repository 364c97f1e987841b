package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// CheckInvariants holds pending blocks against the money and the value that is open for them: the pot is what they will
// pay out (I2, I5), a worker's open value is its charges in them (I17), and none is final or overdue without cause (I10).
func (k *Keeper) CheckInvariants(ctx sdk.Context) error {
	progress, err := k.Progress.Get(ctx)
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	owed := math.ZeroInt()
	var open lookups[uint64, math.Int]
	var before *types.PendingBlock
	err = k.Pending.Walk(ctx, nil, func(_ uint64, block types.PendingBlock) (bool, error) {
		if err := checkOrder(before, block); err != nil {
			return true, err
		}
		settled := 0
		if before == nil {
			settled = int(progress.Cursor)
		}
		before = &block
		debited := uint64(0)
		for i, entry := range block.Entries {
			if entry.DataShare+entry.ProtocolShare+entry.WorkerShare != entry.Charge {
				return true, types.ErrInvariant.Wrapf("I5: block %d, operator %d, lane %d: shares do not add up to the charge %d", block.Number, entry.OperatorId, entry.Lane, entry.Charge)
			}
			debited += entry.Charge + entry.SignatureFees
			if i >= settled {
				owed = owed.Add(math.NewIntFromUint64(entry.Charge + entry.SignatureFees))
				add(&open, entry.OperatorId, entry.Charge)
			}
		}
		if debited != block.Debited {
			return true, types.ErrInvariant.Wrapf("I5: block %d: expected entries of %d, found %d", block.Number, block.Debited, debited)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	pot, err := k.escrow.GetPot(ctx)
	if err != nil {
		return err
	}
	if !pot.Equal(owed) {
		return types.ErrInvariant.Wrapf("I2: expected a pot of %s, what pending blocks will pay, found %s", owed, pot)
	}
	return k.checkOpenValues(ctx, open)
}

// checkOrder: blocks of a term and forced runs each stand in the order of their numbers, accepted no earlier than those before.
func checkOrder(before *types.PendingBlock, block types.PendingBlock) error {
	if before == nil {
		return nil
	}
	if block.AcceptedHeight < before.AcceptedHeight {
		return types.ErrInvariant.Wrapf("I10: block %d accepted at %d stands behind one of %d", block.Number, block.AcceptedHeight, before.AcceptedHeight)
	}
	if block.Kind == before.Kind && block.Number != before.Number+1 {
		return types.ErrInvariant.Wrapf("I10: block %d stands behind %d", block.Number, before.Number)
	}
	return nil
}

func (k *Keeper) checkOpenValues(ctx context.Context, open lookups[uint64, math.Int]) error {
	for i, id := range open.keys {
		operator, known, err := k.registry.GetOperator(ctx, id)
		if err != nil {
			return err
		}
		if !known || operator.OpenValue != open.values[i].String() {
			return types.ErrInvariant.Wrapf("I17: operator %d: expected an open value of %s, found %q", id, open.values[i], operator.OpenValue)
		}
		if operator.Status == registrytypes.OperatorStatus_OPERATOR_STATUS_GONE {
			return types.ErrInvariant.Wrapf("I17: operator %d left with %s open", id, open.values[i])
		}
	}
	return nil
}
