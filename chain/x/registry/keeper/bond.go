package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// checkBond reads a bond and compares it with the role's minimum.
func (k *Keeper) checkBond(ctx context.Context, role types.OperatorRole, text string) (math.Int, error) {
	bond, err := amount.Positive(text)
	if err != nil {
		return math.Int{}, types.ErrAmount.Wrapf("bond: %s", err)
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return math.Int{}, err
	}
	minimum, err := amount.Positive(params.BondMin(role))
	if err != nil {
		return math.Int{}, err
	}
	if bond.LT(minimum) {
		return math.Int{}, types.ErrBondTooSmall.Wrapf("expected at least %s, found %s", minimum, bond)
	}
	return bond, nil
}

// addBond moves more of the operator's own coins into its bond.
func (k *Keeper) addBond(ctx context.Context, operator types.Operator, account sdk.AccAddress, added math.Int) error {
	bond, err := amount.NonNegative(operator.Bond)
	if err != nil {
		return err
	}
	total := bond.Add(added).String()
	if _, err := amount.Positive(total); err != nil {
		return types.ErrAmount.Wrapf("bond with the addition: %s", err)
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, account, types.ModuleName, amount.Coins(added)); err != nil {
		return err
	}
	operator.Bond = total
	return k.setOperator(ctx, operator, types.ChangeBonded)
}

// unbond starts the clock after which the bond is paid back; it outlasts whatever the bond may have to answer for (T39).
func (k *Keeper) unbond(ctx context.Context, operator types.Operator) (uint64, error) {
	if operator.UnbondingSince != 0 {
		return 0, types.ErrOperatorStatus.Wrapf("operator %d is unbonding since height %d", operator.Id, operator.UnbondingSince)
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return 0, err
	}
	operator.UnbondingSince = currentHeight(ctx)
	operator.UnbondingEnds = operator.UnbondingSince + params.UnbondingHeights
	// A conviction is for ever; what a slash has left is paid back all the same.
	if operator.Status != types.OperatorStatus_OPERATOR_STATUS_CONVICTED {
		operator.Status = types.OperatorStatus_OPERATOR_STATUS_UNBONDING
	}
	if err := k.unbonding.Set(ctx, collections.Join(operator.UnbondingEnds, operator.Id)); err != nil {
		return 0, err
	}
	return operator.UnbondingEnds, k.setOperator(ctx, operator, types.ChangeUnbonding)
}

// payBack ends an unbonding that nothing holds back: the debt goes to the chain's fees, the rest to the operator. A bond
// that backs open value waits on (I17).
func (k *Keeper) payBack(ctx context.Context, operator types.Operator) error {
	open, err := k.openValue(ctx, operator.Id)
	if err != nil {
		return err
	}
	if open.IsPositive() {
		return k.retryUnbonding(ctx, operator)
	}
	bond, err := amount.NonNegative(operator.Bond)
	if err != nil {
		return err
	}
	net, collected, err := k.NetDebt(ctx, operator.Id, bond)
	if err != nil {
		return err
	}
	if err := k.payOut(ctx, operator.Operator, net, collected); err != nil {
		return err
	}
	if err := k.unbonding.Remove(ctx, collections.Join(operator.UnbondingEnds, operator.Id)); err != nil {
		return err
	}
	operator.Bond, operator.UnbondingEnds = "0", 0
	if operator.Status != types.OperatorStatus_OPERATOR_STATUS_CONVICTED {
		operator.Status = types.OperatorStatus_OPERATOR_STATUS_GONE
	}
	if err := k.fillBalances(ctx, &operator); err != nil {
		return err
	}
	return k.setOperator(ctx, operator, types.ChangePaidBack)
}

// retryUnbonding moves an operator behind those that can be paid, so that it never holds them up (I23).
func (k *Keeper) retryUnbonding(ctx context.Context, operator types.Operator) error {
	if err := k.unbonding.Remove(ctx, collections.Join(operator.UnbondingEnds, operator.Id)); err != nil {
		return err
	}
	operator.UnbondingEnds = currentHeight(ctx) + types.UnbondingRetryHeights
	if err := k.unbonding.Set(ctx, collections.Join(operator.UnbondingEnds, operator.Id)); err != nil {
		return err
	}
	return k.setOperator(ctx, operator, types.ChangeUnbonding)
}

func (k *Keeper) payOut(ctx context.Context, account string, net, collected math.Int) error {
	if collected.IsPositive() {
		if err := k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, authtypes.FeeCollectorName, amount.Coins(collected)); err != nil {
			return err
		}
	}
	if !net.IsPositive() {
		return nil
	}
	recipient, err := k.accounts.AddressCodec().StringToBytes(account)
	if err != nil {
		return err
	}
	// SendCoins asks no list of blocked recipients: a bond must never be stuck at a block's end.
	return k.bank.SendCoins(ctx, k.accounts.GetModuleAddress(types.ModuleName), recipient, amount.Coins(net))
}
