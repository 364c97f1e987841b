package keeper

import (
	"context"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

const (
	active    = types.OperatorStatus_OPERATOR_STATUS_ACTIVE
	paused    = types.OperatorStatus_OPERATOR_STATUS_PAUSED
	jailed    = types.OperatorStatus_OPERATOR_STATUS_JAILED
	convicted = types.OperatorStatus_OPERATOR_STATUS_CONVICTED
)

type msgServer struct{ keeper *Keeper }

// NewMsgServer answers the module's messages. Signers are the fields that proto names; the handlers go by those alone (T38).
func NewMsgServer(keeper *Keeper) types.MsgServer { return msgServer{keeper: keeper} }

func (s msgServer) RegisterOperator(ctx context.Context, message *types.MsgRegisterOperator) (*types.MsgRegisterOperatorResponse, error) {
	if err := types.CheckRole(message.Role); err != nil {
		return nil, err
	}
	if err := types.CheckDescription(message.Role, message.NatsKey, message.Region, message.Capabilities); err != nil {
		return nil, err
	}
	account, err := s.keeper.accounts.AddressCodec().StringToBytes(message.Operator)
	if err != nil {
		return nil, err
	}
	operator, err := s.keeper.registerOperator(ctx, registration{message: message, account: account})
	if err != nil {
		return nil, err
	}
	if message.Role == types.OperatorRole_OPERATOR_ROLE_SEQUENCER && s.keeper.hooks != nil {
		if err := s.keeper.hooks.AfterSequencerRegistered(ctx, operator); err != nil {
			return nil, err
		}
	}
	return &types.MsgRegisterOperatorResponse{Id: operator.Id}, nil
}

func (s msgServer) UpdateOperator(ctx context.Context, message *types.MsgUpdateOperator) (*types.MsgUpdateOperatorResponse, error) {
	operator, err := s.keeper.operatorIn(ctx, message.Operator, message.Role, active, paused, jailed)
	if err != nil {
		return nil, err
	}
	if err := types.CheckDescription(message.Role, message.NatsKey, message.Region, message.Capabilities); err != nil {
		return nil, err
	}
	if err := s.keeper.checkOffers(ctx, message.Role, message.Offers); err != nil {
		return nil, err
	}
	operator.NatsKey, operator.Region = message.NatsKey, message.Region
	operator.Capabilities, operator.Offers = message.Capabilities, message.Offers
	return &types.MsgUpdateOperatorResponse{}, s.keeper.setOperator(ctx, operator, types.ChangeUpdated)
}

func (s msgServer) AddBond(ctx context.Context, message *types.MsgAddBond) (*types.MsgAddBondResponse, error) {
	added, err := amount.Positive(message.Amount)
	if err != nil {
		return nil, types.ErrAmount.Wrap(err.Error())
	}
	operator, err := s.keeper.operatorIn(ctx, message.Operator, message.Role, active, paused, jailed)
	if err != nil {
		return nil, err
	}
	account, err := s.keeper.accounts.AddressCodec().StringToBytes(message.Operator)
	if err != nil {
		return nil, err
	}
	return &types.MsgAddBondResponse{}, s.keeper.addBond(ctx, operator, account, added)
}

func (s msgServer) RotateKey(ctx context.Context, message *types.MsgRotateKey) (*types.MsgRotateKeyResponse, error) {
	operator, err := s.keeper.operatorIn(ctx, message.Operator, message.Role, active, paused, jailed)
	if err != nil {
		return nil, err
	}
	claim := possession{key: message.SigningKey, signature: message.Possession, expires: message.PossessionExpires}
	return &types.MsgRotateKeyResponse{}, s.keeper.rotateKey(ctx, operator, claim)
}

func (s msgServer) SetPaused(ctx context.Context, message *types.MsgSetPaused) (*types.MsgSetPausedResponse, error) {
	from, to, change := paused, active, types.ChangeResumed
	if message.Paused {
		from, to, change = active, paused, types.ChangePaused
	}
	operator, err := s.keeper.operatorIn(ctx, message.Operator, message.Role, from)
	if err != nil {
		return nil, err
	}
	operator.Status = to
	return &types.MsgSetPausedResponse{}, s.keeper.setOperator(ctx, operator, change)
}

func (s msgServer) Unbond(ctx context.Context, message *types.MsgUnbond) (*types.MsgUnbondResponse, error) {
	operator, err := s.keeper.operatorIn(ctx, message.Operator, message.Role, active, paused, jailed, convicted)
	if err != nil {
		return nil, err
	}
	ends, err := s.keeper.unbond(ctx, operator)
	if err != nil {
		return nil, err
	}
	return &types.MsgUnbondResponse{Ends: ends}, nil
}

func (s msgServer) Unjail(ctx context.Context, message *types.MsgUnjail) (*types.MsgUnjailResponse, error) {
	operator, err := s.keeper.operatorIn(ctx, message.Operator, message.Role, jailed)
	if err != nil {
		return nil, err
	}
	if height := currentHeight(ctx); height < operator.JailedUntil {
		return nil, types.ErrOperatorStatus.Wrapf("operator %d is jailed until height %d, found %d", operator.Id, operator.JailedUntil, height)
	}
	operator.Status, operator.JailedUntil = active, 0
	return &types.MsgUnjailResponse{}, s.keeper.setOperator(ctx, operator, types.ChangeUnjailed)
}

func (s msgServer) Jail(ctx context.Context, message *types.MsgJail) (*types.MsgJailResponse, error) {
	if err := s.authorize(message.Authority); err != nil {
		return nil, err
	}
	operator, found, err := s.keeper.GetOperator(ctx, message.OperatorId)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, types.ErrOperatorUnknown.Wrapf("id %d", message.OperatorId)
	}
	if err := types.CheckStatus(operator, active, paused); err != nil {
		return nil, err
	}
	params, err := s.keeper.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	operator.Status, operator.JailedUntil = jailed, currentHeight(ctx)+params.JailHeights
	return &types.MsgJailResponse{}, s.keeper.setOperator(ctx, operator, types.ChangeJailed)
}

func (s msgServer) RegisterModel(ctx context.Context, message *types.MsgRegisterModel) (*types.MsgRegisterModelResponse, error) {
	id, err := s.keeper.registerModel(ctx, message.Publisher, message.Manifest, message.Version)
	if err != nil {
		return nil, err
	}
	return &types.MsgRegisterModelResponse{ModelId: id[:]}, nil
}

func (s msgServer) UpdateParams(ctx context.Context, message *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := s.authorize(message.Authority); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, s.keeper.SetParams(ctx, message.Params)
}

func (s msgServer) authorize(authority string) error {
	if authority != s.keeper.authority {
		return types.ErrUnauthorized.Wrapf("expected %s, found %s", s.keeper.authority, authority)
	}
	return nil
}
