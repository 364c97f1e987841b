package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// CheckInvariants holds the module's coins against what it owes (I2): deposits + lanes + pot + withdrawals under way. It
// also checks that closed lanes are empty and that no bitmap of a pruned epoch came back (I4).
func (k *Keeper) CheckInvariants(ctx context.Context) error {
	owed, err := k.GetPot(ctx)
	if err != nil {
		return err
	}
	sum := func(value math.Int) error {
		owed = owed.Add(value)
		return nil
	}
	if err := walkBalances(ctx, k.deposits, sum); err != nil {
		return err
	}
	if err := walkBalances(ctx, k.laneBalances, sum); err != nil {
		return err
	}
	if err := k.walkWithdrawals(ctx, sum); err != nil {
		return err
	}
	if held := k.bank.GetBalance(ctx, k.address(), identity.Denom).Amount; !held.Equal(owed) {
		return types.ErrInvariant.Wrapf("I2: expected the module to hold deposits, lanes, pot and withdrawals, %s, found %s", owed, held)
	}
	if err := k.checkClosedLanes(ctx); err != nil {
		return err
	}
	return k.checkPrunedEpochs(ctx)
}

func walkBalances[K any](ctx context.Context, balances collections.Map[K, math.Int], visit func(math.Int) error) error {
	return balances.Walk(ctx, nil, func(_ K, value math.Int) (bool, error) {
		if !value.IsPositive() {
			return true, types.ErrInvariant.Wrapf("I2: expected positive balances in state, found %s", value)
		}
		return false, visit(value)
	})
}

func (k *Keeper) walkWithdrawals(ctx context.Context, visit func(math.Int) error) error {
	return k.withdrawals.Walk(ctx, nil, func(id uint64, withdrawal types.Withdrawal) (bool, error) {
		queued, err := k.withdrawalQueue.Has(ctx, collections.Join(withdrawal.PayableHeight, id))
		if err != nil {
			return true, err
		}
		if !queued {
			return true, types.ErrInvariant.Wrapf("withdrawal %d is in no queue: its coins would be locked for ever", id)
		}
		value, err := amount.Positive(withdrawal.Amount)
		if err != nil {
			return true, err
		}
		return false, visit(value)
	})
}

func (k *Keeper) checkClosedLanes(ctx context.Context) error {
	return k.laneBalances.Walk(ctx, nil, func(id uint64, value math.Int) (bool, error) {
		lane, err := k.lanes.Get(ctx, id)
		if err != nil {
			return true, err
		}
		if lane.Closed {
			return true, types.ErrInvariant.Wrapf("closed lane %d holds %s", id, value)
		}
		return false, nil
	})
}

func (k *Keeper) checkPrunedEpochs(ctx context.Context) error {
	pruned, err := k.prunedEpoch.Get(ctx)
	if err != nil {
		return err
	}
	first, err := k.firstNonceChunks(ctx, 1)
	if err != nil || len(first) == 0 {
		return err
	}
	if first[0].K1() < pruned {
		return types.ErrInvariant.Wrapf("I4: a bitmap of epoch %d came back, those below %d are pruned", first[0].K1(), pruned)
	}
	return nil
}
