package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// GetOperator returns an operator, its debt and open value filled in.
func (k *Keeper) GetOperator(ctx context.Context, id uint64) (types.Operator, bool, error) {
	operator, found, err := find(ctx, k.operators, id)
	if err != nil || !found {
		return types.Operator{}, false, err
	}
	if err := k.fillBalances(ctx, &operator); err != nil {
		return types.Operator{}, false, err
	}
	return operator, true, nil
}

// GetOperatorByAccount returns the operator of an account and role that is not gone, or the last that went.
func (k *Keeper) GetOperatorByAccount(ctx context.Context, account string, role types.OperatorRole) (types.Operator, bool, error) {
	id, found, err := find(ctx, k.operatorsByAccount, collections.Join(account, int32(role)))
	if err != nil || !found {
		return types.Operator{}, false, err
	}
	return k.GetOperator(ctx, id)
}

// operatorOf is GetOperatorByAccount for messages, where none is a mistake of the sender.
func (k *Keeper) operatorOf(ctx context.Context, account string, role types.OperatorRole) (types.Operator, error) {
	if err := types.CheckRole(role); err != nil {
		return types.Operator{}, err
	}
	operator, found, err := k.GetOperatorByAccount(ctx, account, role)
	if err != nil {
		return types.Operator{}, err
	}
	if !found {
		return types.Operator{}, types.ErrOperatorUnknown.Wrapf("%s has no %s", account, role)
	}
	return operator, nil
}

// operatorIn is operatorOf, in one of the statuses that allow what is asked.
func (k *Keeper) operatorIn(ctx context.Context, account string, role types.OperatorRole, allowed ...types.OperatorStatus) (types.Operator, error) {
	operator, err := k.operatorOf(ctx, account, role)
	if err != nil {
		return types.Operator{}, err
	}
	return operator, types.CheckStatus(operator, allowed...)
}

// setOperator stores an operator and tells of the change. Debt and open value live beside it, where a batch may change
// them without rewriting offers.
func (k *Keeper) setOperator(ctx context.Context, operator types.Operator, change string) error {
	stored := operator
	stored.Debt, stored.OpenValue = "", ""
	if err := k.operators.Set(ctx, operator.Id, stored); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventOperator{Operator: &operator, Change: change})
}

// registration is what a new operator is made of, checked.
type registration struct {
	message *types.MsgRegisterOperator
	account sdk.AccAddress
}

// registerOperator takes the bond and gives the account an operator with a key that it has proved to possess.
func (k *Keeper) registerOperator(ctx context.Context, request registration) (types.Operator, error) {
	message := request.message
	bond, err := k.checkBond(ctx, message.Role, message.Bond)
	if err != nil {
		return types.Operator{}, err
	}
	if err := k.checkNoOperator(ctx, message.Operator, message.Role); err != nil {
		return types.Operator{}, err
	}
	if err := k.checkOffers(ctx, message.Role, message.Offers); err != nil {
		return types.Operator{}, err
	}
	id, err := k.nextOperatorID.Get(ctx)
	if err != nil {
		return types.Operator{}, fmt.Errorf("read the next operator id: %w", err)
	}
	operator := types.Operator{
		Id: id, Role: message.Role, Operator: message.Operator, SigningKey: message.SigningKey, NatsKey: message.NatsKey,
		Bond: bond.String(), Status: types.OperatorStatus_OPERATOR_STATUS_ACTIVE, RegisteredHeight: currentHeight(ctx),
		Region: message.Region, Capabilities: message.Capabilities, Offers: message.Offers, Debt: "0", OpenValue: "0",
	}
	possession := possession{key: message.SigningKey, signature: message.Possession, expires: message.PossessionExpires}
	if err := k.claimKey(ctx, operator, possession); err != nil {
		return types.Operator{}, err
	}
	if err := k.bank.SendCoinsFromAccountToModule(ctx, request.account, types.ModuleName, amount.Coins(bond)); err != nil {
		return types.Operator{}, err
	}
	if err := k.nextOperatorID.Set(ctx, id+1); err != nil {
		return types.Operator{}, err
	}
	if err := k.operatorsByAccount.Set(ctx, collections.Join(operator.Operator, int32(operator.Role)), id); err != nil {
		return types.Operator{}, err
	}
	return operator, k.setOperator(ctx, operator, types.ChangeRegistered)
}

// checkNoOperator lets an account register again only when the bond of its last operator has been paid back.
func (k *Keeper) checkNoOperator(ctx context.Context, account string, role types.OperatorRole) error {
	operator, found, err := k.GetOperatorByAccount(ctx, account, role)
	if err != nil {
		return err
	}
	if found && operator.Status != types.OperatorStatus_OPERATOR_STATUS_GONE {
		return types.ErrOperatorExists.Wrapf("%s is operator %d, %s", account, operator.Id, operator.Status)
	}
	return nil
}

// checkOffers wants offers from workers alone, within the limit, each for another registered model.
func (k *Keeper) checkOffers(ctx context.Context, role types.OperatorRole, offers []*types.Offer) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	if err := types.CheckOffers(role, offers, int(params.WorkerModelsMax)); err != nil {
		return err
	}
	for index, offer := range offers {
		known, err := k.models.Has(ctx, offer.ModelId)
		if err != nil {
			return err
		}
		if !known {
			return types.ErrModelUnknown.Wrapf("offers[%d]: %x", index, offer.ModelId)
		}
	}
	return nil
}
