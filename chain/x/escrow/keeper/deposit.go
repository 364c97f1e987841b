package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// GetDeposit returns what a payer has free: not in lanes, not on its way out.
func (k *Keeper) GetDeposit(ctx context.Context, payer string) (math.Int, error) {
	return balance(ctx, k.deposits, payer)
}

// deposit moves a payer's own coins into escrow.
func (k *Keeper) deposit(ctx context.Context, payer string, account sdk.AccAddress, value math.Int) error {
	if err := k.bank.SendCoinsFromAccountToModule(ctx, account, types.ModuleName, amount.Coins(value)); err != nil {
		return err
	}
	if err := k.addDeposit(ctx, payer, value); err != nil {
		return err
	}
	return emit(ctx, &types.EventDeposit{Payer: payer, Amount: value.String(), Change: types.ChangeDeposited})
}

func (k *Keeper) addDeposit(ctx context.Context, payer string, value math.Int) error {
	before, err := k.GetDeposit(ctx, payer)
	if err != nil {
		return err
	}
	return setBalance(ctx, k.deposits, payer, before.Add(value))
}

// takeDeposit takes value out of what a payer has free. Lanes and withdrawals both go through it, so that nothing is
// promised twice.
func (k *Keeper) takeDeposit(ctx context.Context, payer string, value math.Int) error {
	before, err := k.GetDeposit(ctx, payer)
	if err != nil {
		return err
	}
	if before.LT(value) {
		return types.ErrDepositTooSmall.Wrapf("expected at least %s, found %s", value, before)
	}
	return setBalance(ctx, k.deposits, payer, before.Sub(value))
}
