package keeper

import (
	"context"
	"math"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/query"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

type queryServer struct{ keeper *Keeper }

// NewQueryServer answers the module's queries.
func NewQueryServer(keeper *Keeper) types.QueryServer { return queryServer{keeper: keeper} }

func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.keeper.Params.Get(ctx)
	return &types.QueryParamsResponse{Params: &params}, err
}

func (s queryServer) Term(ctx context.Context, _ *types.QueryTermRequest) (*types.QueryTermResponse, error) {
	term, err := s.keeper.term(sdk.UnwrapSDKContext(ctx))
	return &types.QueryTermResponse{Term: &term}, err
}

// Log answers for a log without rows too: count 0 at its start head.
func (s queryServer) Log(ctx context.Context, request *types.QueryLogRequest) (*types.QueryLogResponse, error) {
	worker, ok := codec.ToDigest(request.Worker)
	if !ok || request.Level > math.MaxUint8 || request.Param > math.MaxUint8 {
		return nil, status.Error(codes.InvalidArgument, "expected a worker key of 32 bytes and a level and param of one")
	}
	id := codec.LogID{Worker: worker, Level: uint8(request.Level), Param: uint8(request.Param), Incarnation: request.Incarnation}
	log, err := s.keeper.log(ctx, sdk.UnwrapSDKContext(ctx).ChainID(), id)
	return &types.QueryLogResponse{Log: &log}, err
}

// Incarnation gives the incarnation in force now, and the one on its way.
func (s queryServer) Incarnation(ctx context.Context, request *types.QueryIncarnationRequest) (*types.QueryIncarnationResponse, error) {
	height := uint64(sdk.UnwrapSDKContext(ctx).BlockHeight())
	stored, err := s.keeper.Incarnations.Get(ctx, request.Worker)
	if err := ignoreNotFound(err); err != nil {
		return nil, err
	}
	current, err := s.keeper.incarnation(ctx, request.Worker, height)
	if err != nil {
		return nil, err
	}
	answer := types.Incarnation{Worker: request.Worker, Current: current}
	if stored.NextOpens > height {
		answer.NextOpens = stored.NextOpens
	}
	return &types.QueryIncarnationResponse{Incarnation: &answer}, nil
}

func (s queryServer) PendingBlock(ctx context.Context, request *types.QueryPendingBlockRequest) (*types.QueryPendingBlockResponse, error) {
	key := collections.Join3(uint32(types.KindBlock), request.Term, request.Number)
	if request.Forced {
		key = collections.Join3(uint32(types.KindForced), uint64(0), request.Number)
	}
	id, err := s.keeper.PendingIndex.Get(ctx, key)
	if err != nil {
		if err := ignoreNotFound(err); err != nil {
			return nil, err
		}
		return nil, status.Errorf(codes.NotFound, "block %d of term %d is not pending", request.Number, request.Term)
	}
	block, err := s.keeper.Pending.Get(ctx, id)
	return &types.QueryPendingBlockResponse{Block: &block}, err
}

func (s queryServer) FinalLog(ctx context.Context, _ *types.QueryFinalLogRequest) (*types.QueryFinalLogResponse, error) {
	log, err := s.keeper.finalLog(ctx)
	if err != nil {
		return nil, err
	}
	answer := types.FinalLog{Size_: log.Size}
	for i := range log.Peaks {
		answer.Peaks = append(answer.Peaks, log.Peaks[i][:])
	}
	return &types.QueryFinalLogResponse{FinalLog: &answer}, nil
}

// Unserved gives for each log the height from which the current term's time counts.
func (s queryServer) Unserved(ctx context.Context, request *types.QueryUnservedRequest) (*types.QueryUnservedResponse, error) {
	term, err := s.keeper.term(sdk.UnwrapSDKContext(ctx))
	if err != nil {
		return nil, err
	}
	marks, page, err := query.CollectionPaginate(ctx, s.keeper.Unserved, request.Pagination,
		func(_ logKey, mark types.Unserved) (*types.Unserved, error) {
			mark.SinceHeight = max(mark.SinceHeight, term.StartedHeight)
			return &mark, nil
		})
	if err != nil {
		return nil, err
	}
	return &types.QueryUnservedResponse{Unserved: marks, Pagination: page}, nil
}
