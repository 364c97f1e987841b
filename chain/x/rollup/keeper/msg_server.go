package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

type msgServer struct{ keeper *Keeper }

// NewMsgServer answers the module's messages. Signers are the fields that proto names; the handlers go by those alone (T38).
func NewMsgServer(keeper *Keeper) types.MsgServer { return msgServer{keeper: keeper} }

func (s msgServer) SubmitBatch(ctx context.Context, message *types.MsgSubmitBatch) (*types.MsgSubmitBatchResponse, error) {
	id, repeated, err := s.keeper.acceptBatch(sdk.UnwrapSDKContext(ctx), message.Submitter, message.Batch)
	if err != nil {
		return nil, err
	}
	return &types.MsgSubmitBatchResponse{BatchId: id[:], RepeatedBatch: repeated}, nil
}

func (s msgServer) ForceInclude(ctx context.Context, message *types.MsgForceInclude) (*types.MsgForceIncludeResponse, error) {
	sequence, err := s.keeper.forceInclude(sdk.UnwrapSDKContext(ctx), message.Submitter, message.Run)
	if err != nil {
		return nil, err
	}
	return &types.MsgForceIncludeResponse{Sequence: sequence}, nil
}

func (s msgServer) TakeTerm(ctx context.Context, message *types.MsgTakeTerm) (*types.MsgTakeTermResponse, error) {
	if err := s.keeper.takeTerm(sdk.UnwrapSDKContext(ctx), message); err != nil {
		return nil, err
	}
	return &types.MsgTakeTermResponse{}, nil
}

func (s msgServer) NewIncarnation(ctx context.Context, message *types.MsgNewIncarnation) (*types.MsgNewIncarnationResponse, error) {
	incarnation, opens, err := s.keeper.newIncarnation(sdk.UnwrapSDKContext(ctx), message)
	if err != nil {
		return nil, err
	}
	return &types.MsgNewIncarnationResponse{Incarnation: incarnation, Opens: opens}, nil
}

func (s msgServer) ReportHeadFault(ctx context.Context, message *types.MsgReportHeadFault) (*types.MsgReportHeadFaultResponse, error) {
	reward, err := s.keeper.headFault(sdk.UnwrapSDKContext(ctx), message)
	if err != nil {
		return nil, err
	}
	return &types.MsgReportHeadFaultResponse{Reward: reward.String()}, nil
}

func (s msgServer) ReportHeaderFault(ctx context.Context, message *types.MsgReportHeaderFault) (*types.MsgReportHeaderFaultResponse, error) {
	reward, err := s.keeper.headerFault(sdk.UnwrapSDKContext(ctx), message)
	if err != nil {
		return nil, err
	}
	return &types.MsgReportHeaderFaultResponse{Reward: reward.String()}, nil
}

func (s msgServer) UpdateParams(ctx context.Context, message *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if message.Authority != s.keeper.authority {
		return nil, types.ErrUnauthorized.Wrapf("expected %s, found %s", s.keeper.authority, message.Authority)
	}
	return &types.MsgUpdateParamsResponse{}, s.keeper.setParams(ctx, message.Params)
}
