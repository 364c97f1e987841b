package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// GetPot returns what was debited from lanes and is neither paid nor refunded yet.
func (k *Keeper) GetPot(ctx context.Context) (math.Int, error) {
	value, err := k.pot.Get(ctx)
	if errors.Is(err, collections.ErrNotFound) {
		return math.ZeroInt(), nil
	}
	return value, err
}

// DebitLane is DebitLanes for one lane.
func (k *Keeper) DebitLane(ctx context.Context, lane uint64, value math.Int) error {
	return k.DebitLanes(ctx, types.LaneDebit{Lane: lane, Amount: value})
}

// DebitLanes moves what rows of a block take from their lanes into the pot, when they are accepted as payable (I7: the
// caller has held each against its ceiling). The pot is written once, however many lanes there are.
func (k *Keeper) DebitLanes(ctx context.Context, debits ...types.LaneDebit) error {
	pot, err := k.GetPot(ctx)
	if err != nil {
		return err
	}
	for _, debit := range debits {
		if err := k.debitLane(ctx, debit); err != nil {
			return err
		}
		pot = pot.Add(debit.Amount)
	}
	return k.pot.Set(ctx, pot)
}

func (k *Keeper) debitLane(ctx context.Context, debit types.LaneDebit) error {
	if err := checkAmount(debit.Amount); err != nil {
		return err
	}
	before, err := balance(ctx, k.laneBalances, debit.Lane)
	if err != nil {
		return err
	}
	if before.LT(debit.Amount) {
		return types.ErrLaneTooSmall.Wrapf("lane %d: expected at least %s, found %s", debit.Lane, debit.Amount, before)
	}
	return setBalance(ctx, k.laneBalances, debit.Lane, before.Sub(debit.Amount))
}

// PayFromPot pays a share of block or forced run number to a worker, a sequencer or the protocol. Nothing is paid for
// zero. SendCoins asks no list of blocked recipients, since the protocol's share goes to a module account and finality
// must not fail (I23).
func (k *Keeper) PayFromPot(ctx context.Context, kind string, recipient sdk.AccAddress, value math.Int, number uint64, forced bool) error {
	if kind != types.PaymentWorker && kind != types.PaymentSequencer && kind != types.PaymentProtocol {
		return types.ErrPaymentKind.Wrapf("expected worker, sequencer or protocol, found %.40q", kind)
	}
	if err := k.takeFromPot(ctx, value); err != nil || value.IsZero() {
		return err
	}
	if err := k.bank.SendCoins(ctx, k.address(), recipient, amount.Coins(value)); err != nil {
		return err
	}
	text, err := k.accounts.AddressCodec().BytesToString(recipient)
	if err != nil {
		return err
	}
	return emit(ctx, &types.EventPayment{Kind: kind, Recipient: text, Amount: value.String(), Number: number, Forced: forced})
}

// CreditFromPot is PayFromPot for a payment that the bank refuses: value goes into the account's deposit. It is told as
// what it amounts to, a payment and a deposit of it, so that who follows the books needs no case of its own.
func (k *Keeper) CreditFromPot(ctx context.Context, kind, account string, value math.Int, number uint64, forced bool) error {
	if err := k.takeFromPot(ctx, value); err != nil || value.IsZero() {
		return err
	}
	if err := k.addDeposit(ctx, account, value); err != nil {
		return err
	}
	if err := emit(ctx, &types.EventPayment{Kind: kind, Recipient: account, Amount: value.String(), Number: number, Forced: forced}); err != nil {
		return err
	}
	return emit(ctx, &types.EventDeposit{Payer: account, Amount: value.String(), Change: types.ChangeDeposited})
}

// RefundLane returns value from the pot to the lane it came from, or to the payer's deposit when the lane is closed.
func (k *Keeper) RefundLane(ctx context.Context, laneID uint64, value math.Int, number uint64, forced bool) error {
	if err := k.takeFromPot(ctx, value); err != nil || value.IsZero() {
		return err
	}
	lane, found, err := find(ctx, k.lanes, laneID)
	if err != nil {
		return err
	}
	if !found {
		return types.ErrLaneUnknown.Wrapf("id %d", laneID)
	}
	if err := k.refund(ctx, lane, value); err != nil {
		return err
	}
	return emit(ctx, &types.EventPayment{
		Kind: types.PaymentRefund, Recipient: lane.Payer, Amount: value.String(), Number: number, Forced: forced, Lane: laneID,
	})
}

func (k *Keeper) refund(ctx context.Context, lane types.Lane, value math.Int) error {
	if lane.Closed {
		return k.addDeposit(ctx, lane.Payer, value)
	}
	before, err := balance(ctx, k.laneBalances, lane.Id)
	if err != nil {
		return err
	}
	return setBalance(ctx, k.laneBalances, lane.Id, before.Add(value))
}

func (k *Keeper) takeFromPot(ctx context.Context, value math.Int) error {
	if err := checkAmount(value); err != nil {
		return err
	}
	pot, err := k.GetPot(ctx)
	if err != nil {
		return err
	}
	if pot.LT(value) {
		return types.ErrPot.Wrapf("expected at least %s, found %s", value, pot)
	}
	return k.pot.Set(ctx, pot.Sub(value))
}

// checkAmount refuses what is no amount before it reaches arithmetic (T36).
func checkAmount(value math.Int) error {
	if value.IsNil() || value.IsNegative() {
		return types.ErrAmount.Wrapf("expected at least 0, found %s", value)
	}
	return nil
}
