package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// fillBalances writes debt and open value, which live in maps of their own, into an operator.
func (k *Keeper) fillBalances(ctx context.Context, operator *types.Operator) error {
	debt, err := balance(ctx, k.debts, operator.Id)
	if err != nil {
		return err
	}
	open, err := k.openValue(ctx, operator.Id)
	if err != nil {
		return err
	}
	operator.Debt, operator.OpenValue = debt.String(), open.String()
	return nil
}

func (k *Keeper) openValue(ctx context.Context, operatorID uint64) (math.Int, error) {
	return balance(ctx, k.openValues, operatorID)
}

// AddOpenValue records the charge of rows that were accepted and are not final. Whether the bond covers it is for the
// caller to decide before: it voids rows beyond it.
func (k *Keeper) AddOpenValue(ctx context.Context, operatorID uint64, value math.Int) error {
	return k.add(ctx, k.openValues, operatorID, value)
}

// SubOpenValue takes the charge of rows that became final off again.
func (k *Keeper) SubOpenValue(ctx context.Context, operatorID uint64, value math.Int) error {
	if err := checkAmount(value); err != nil {
		return err
	}
	open, err := k.openValue(ctx, operatorID)
	if err != nil {
		return err
	}
	if open.LT(value) {
		return types.ErrOpenValue.Wrapf("operator %d: expected at most %s, found %s", operatorID, open, value)
	}
	return setBalance(ctx, k.openValues, operatorID, open.Sub(value))
}

// AddDebt records what a worker owes for void rows. It is never a slash (I11): pay-outs net it, at the latest the bond's.
func (k *Keeper) AddDebt(ctx context.Context, operatorID uint64, value math.Int) error {
	return k.add(ctx, k.debts, operatorID, value)
}

// NetDebt takes the operator's debt out of a pay-out: net is left for the operator, collected was owed.
func (k *Keeper) NetDebt(ctx context.Context, operatorID uint64, payout math.Int) (net, collected math.Int, err error) {
	if err := checkAmount(payout); err != nil {
		return math.Int{}, math.Int{}, err
	}
	debt, err := balance(ctx, k.debts, operatorID)
	if err != nil {
		return math.Int{}, math.Int{}, err
	}
	collected = math.MinInt(debt, payout)
	if collected.IsZero() {
		return payout, collected, nil
	}
	return payout.Sub(collected), collected, setBalance(ctx, k.debts, operatorID, debt.Sub(collected))
}

func (k *Keeper) add(ctx context.Context, balances collections.Map[uint64, math.Int], operatorID uint64, value math.Int) error {
	if err := checkAmount(value); err != nil {
		return err
	}
	if known, err := k.operators.Has(ctx, operatorID); err != nil || !known {
		return orUnknown(err, operatorID)
	}
	before, err := balance(ctx, balances, operatorID)
	if err != nil {
		return err
	}
	return setBalance(ctx, balances, operatorID, before.Add(value))
}

func orUnknown(err error, operatorID uint64) error {
	if err != nil {
		return err
	}
	return types.ErrOperatorUnknown.Wrapf("id %d", operatorID)
}

// checkAmount refuses what is no amount before it reaches arithmetic (T36).
func checkAmount(value math.Int) error {
	if value.IsNil() || value.IsNegative() {
		return types.ErrAmount.Wrapf("expected at least 0, found %s", value)
	}
	return nil
}

// balance is 0 where nothing is stored.
func balance(ctx context.Context, balances collections.Map[uint64, math.Int], operatorID uint64) (math.Int, error) {
	value, found, err := find(ctx, balances, operatorID)
	if err != nil || !found {
		return math.ZeroInt(), err
	}
	return value, nil
}

// setBalance stores no zeros, so that state does not grow with operators that owe nothing.
func setBalance(ctx context.Context, balances collections.Map[uint64, math.Int], operatorID uint64, value math.Int) error {
	if value.IsZero() {
		return balances.Remove(ctx, operatorID)
	}
	return balances.Set(ctx, operatorID, value)
}
