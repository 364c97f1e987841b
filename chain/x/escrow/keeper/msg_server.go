package keeper

import (
	"context"

	"cosmossdk.io/math"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

type msgServer struct{ keeper *Keeper }

// NewMsgServer answers the module's messages. Signers are the fields that proto names; the handlers go by those alone (T38).
func NewMsgServer(keeper *Keeper) types.MsgServer { return msgServer{keeper: keeper} }

func (s msgServer) Deposit(ctx context.Context, message *types.MsgDeposit) (*types.MsgDepositResponse, error) {
	value, err := positive(message.Amount)
	if err != nil {
		return nil, err
	}
	account, err := s.keeper.accounts.AddressCodec().StringToBytes(message.Payer)
	if err != nil {
		return nil, err
	}
	return &types.MsgDepositResponse{}, s.keeper.deposit(ctx, message.Payer, account, value)
}

func (s msgServer) RequestWithdrawal(ctx context.Context, message *types.MsgRequestWithdrawal) (*types.MsgRequestWithdrawalResponse, error) {
	value, err := positive(message.Amount)
	if err != nil {
		return nil, err
	}
	withdrawal, err := s.keeper.requestWithdrawal(ctx, message.Payer, value)
	if err != nil {
		return nil, err
	}
	return &types.MsgRequestWithdrawalResponse{Id: withdrawal.Id, PayableHeight: withdrawal.PayableHeight}, nil
}

func (s msgServer) OpenLane(ctx context.Context, message *types.MsgOpenLane) (*types.MsgOpenLaneResponse, error) {
	limit, err := positive(message.Limit)
	if err != nil {
		return nil, err
	}
	lane, err := s.keeper.openLane(ctx, message, limit)
	if err != nil {
		return nil, err
	}
	return &types.MsgOpenLaneResponse{Lane: lane.Id}, nil
}

func (s msgServer) TopUpLane(ctx context.Context, message *types.MsgTopUpLane) (*types.MsgTopUpLaneResponse, error) {
	added, err := positive(message.Amount)
	if err != nil {
		return nil, err
	}
	lane, err := s.keeper.laneOf(ctx, message.Payer, message.Lane)
	if err != nil {
		return nil, err
	}
	return &types.MsgTopUpLaneResponse{}, s.keeper.topUpLane(ctx, lane, added)
}

func (s msgServer) RevokeLane(ctx context.Context, message *types.MsgRevokeLane) (*types.MsgRevokeLaneResponse, error) {
	lane, err := s.keeper.laneOf(ctx, message.Payer, message.Lane)
	if err != nil {
		return nil, err
	}
	end, err := s.keeper.revokeLane(ctx, lane)
	if err != nil {
		return nil, err
	}
	return &types.MsgRevokeLaneResponse{EndHeight: end}, nil
}

// CloseLane is open to anybody once the grace has passed: locked coins always come free (DESIGN §8).
func (s msgServer) CloseLane(ctx context.Context, message *types.MsgCloseLane) (*types.MsgCloseLaneResponse, error) {
	lane, err := s.keeper.openLaneByID(ctx, message.Lane)
	if err != nil {
		return nil, err
	}
	returned, err := s.keeper.closeLane(ctx, lane, message.Sender)
	if err != nil {
		return nil, err
	}
	return &types.MsgCloseLaneResponse{Returned: returned.String()}, nil
}

func (s msgServer) UpdateParams(ctx context.Context, message *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if message.Authority != s.keeper.authority {
		return nil, types.ErrUnauthorized.Wrapf("expected %s, found %s", s.keeper.authority, message.Authority)
	}
	return &types.MsgUpdateParamsResponse{}, s.keeper.SetParams(ctx, message.Params)
}

func positive(text string) (math.Int, error) {
	value, err := amount.Positive(text)
	if err != nil {
		return math.Int{}, types.ErrAmount.Wrap(err.Error())
	}
	return value, nil
}
