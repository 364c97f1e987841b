package keeper

import (
	"context"

	"cosmossdk.io/math"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// CheckInvariants holds the module's coins against what it owes (I3): its balance is the sum of all bonds. It also checks that an unbonding
// bond, and none but those, waits to be paid back, and that open value is backed by an operator whose bond is still here (I17).
func (k *Keeper) CheckInvariants(ctx context.Context) error {
	bonds, waiting := math.ZeroInt(), 0
	err := k.operators.Walk(ctx, nil, func(id uint64, operator types.Operator) (bool, error) {
		bond, err := amount.NonNegative(operator.Bond)
		if err != nil {
			return true, err
		}
		bonds = bonds.Add(bond)
		if types.IsUnbonding(operator) {
			waiting++
		}
		open, err := k.openValue(ctx, id)
		if err != nil {
			return true, err
		}
		if open.IsPositive() && operator.Status == types.OperatorStatus_OPERATOR_STATUS_GONE {
			return true, types.ErrInvariant.Wrapf("I17: operator %d is gone with an open value of %s", id, open)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	held := k.bank.GetBalance(ctx, k.accounts.GetModuleAddress(types.ModuleName), identity.Denom).Amount
	if !held.Equal(bonds) {
		return types.ErrInvariant.Wrapf("I3: expected the module to hold all bonds, %s, found %s", bonds, held)
	}
	return k.checkUnbondingQueue(ctx, waiting)
}

func (k *Keeper) checkUnbondingQueue(ctx context.Context, expected int) error {
	keys, err := k.unbonding.Iterate(ctx, nil)
	if err != nil {
		return err
	}
	queued, err := keys.Keys()
	if err != nil {
		return err
	}
	if len(queued) != expected {
		return types.ErrInvariant.Wrapf("expected %d bonds in the unbonding queue, found %d", expected, len(queued))
	}
	for _, key := range queued {
		operator, found, err := k.GetOperator(ctx, key.K2())
		if err != nil {
			return err
		}
		if !found || !types.IsUnbonding(operator) || operator.UnbondingEnds != key.K1() {
			return types.ErrInvariant.Wrapf("operator %d is queued for height %d but is not unbonding then", key.K2(), key.K1())
		}
	}
	return nil
}
