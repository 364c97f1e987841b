package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// requestWithdrawal takes coins out of the deposit at once and pays them withdrawal_delay heights later.
func (k *Keeper) requestWithdrawal(ctx context.Context, payer string, value math.Int) (types.Withdrawal, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return types.Withdrawal{}, err
	}
	if err := k.takeDeposit(ctx, payer, value); err != nil {
		return types.Withdrawal{}, err
	}
	id, err := k.nextWithdrawalID.Get(ctx)
	if err != nil {
		return types.Withdrawal{}, fmt.Errorf("read the next withdrawal id: %w", err)
	}
	if err := k.nextWithdrawalID.Set(ctx, id+1); err != nil {
		return types.Withdrawal{}, err
	}
	withdrawal := types.Withdrawal{Id: id, Payer: payer, Amount: value.String(), PayableHeight: currentHeight(ctx) + params.WithdrawalDelay}
	if err := k.addWithdrawal(ctx, withdrawal); err != nil {
		return types.Withdrawal{}, err
	}
	return withdrawal, emitWithdrawal(ctx, withdrawal, types.ChangeWithdrawalRequested)
}

// addWithdrawal stores a withdrawal with its two indexes.
func (k *Keeper) addWithdrawal(ctx context.Context, withdrawal types.Withdrawal) error {
	if err := k.withdrawals.Set(ctx, withdrawal.Id, withdrawal); err != nil {
		return err
	}
	if err := k.withdrawalsByPayer.Set(ctx, collections.Join(withdrawal.Payer, withdrawal.Id)); err != nil {
		return err
	}
	return k.withdrawalQueue.Set(ctx, collections.Join(withdrawal.PayableHeight, withdrawal.Id))
}

// payWithdrawal ends a withdrawal that has waited long enough. SendCoins asks no list of blocked recipients: coins must
// never be stuck at a block's end.
func (k *Keeper) payWithdrawal(ctx context.Context, withdrawal types.Withdrawal) error {
	value, err := amount.Positive(withdrawal.Amount)
	if err != nil {
		return err
	}
	recipient, err := k.accounts.AddressCodec().StringToBytes(withdrawal.Payer)
	if err != nil {
		return err
	}
	if err := k.bank.SendCoins(ctx, k.address(), recipient, amount.Coins(value)); err != nil {
		return err
	}
	if err := k.removeWithdrawal(ctx, withdrawal); err != nil {
		return err
	}
	return emitWithdrawal(ctx, withdrawal, types.ChangeWithdrawn)
}

// removeWithdrawal undoes addWithdrawal.
func (k *Keeper) removeWithdrawal(ctx context.Context, withdrawal types.Withdrawal) error {
	if err := k.withdrawals.Remove(ctx, withdrawal.Id); err != nil {
		return err
	}
	if err := k.withdrawalsByPayer.Remove(ctx, collections.Join(withdrawal.Payer, withdrawal.Id)); err != nil {
		return err
	}
	return k.withdrawalQueue.Remove(ctx, collections.Join(withdrawal.PayableHeight, withdrawal.Id))
}

// retryWithdrawal moves a withdrawal that could not be paid behind those that can, so that it never holds them up.
func (k *Keeper) retryWithdrawal(ctx context.Context, withdrawal types.Withdrawal) error {
	if err := k.removeWithdrawal(ctx, withdrawal); err != nil {
		return err
	}
	withdrawal.PayableHeight = currentHeight(ctx) + types.WithdrawalRetryHeights
	return k.addWithdrawal(ctx, withdrawal)
}

func emitWithdrawal(ctx context.Context, withdrawal types.Withdrawal, change string) error {
	return emit(ctx, &types.EventDeposit{Payer: withdrawal.Payer, Amount: withdrawal.Amount, Change: change, WithdrawalId: withdrawal.Id})
}
