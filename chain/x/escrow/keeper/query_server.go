package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

type queryServer struct{ keeper *Keeper }

// NewQueryServer answers the module's queries.
func NewQueryServer(keeper *Keeper) types.QueryServer { return queryServer{keeper: keeper} }

func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.keeper.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	layout, err := s.keeper.Layout(ctx)
	return &types.QueryParamsResponse{Params: &params, Layout: &layout}, err
}

// Deposit answers zero for an account that never deposited.
func (s queryServer) Deposit(ctx context.Context, request *types.QueryDepositRequest) (*types.QueryDepositResponse, error) {
	value, err := s.keeper.GetDeposit(ctx, request.Payer)
	if err != nil {
		return nil, err
	}
	response := &types.QueryDepositResponse{Balance: value.String()}
	err = s.keeper.withdrawalsByPayer.Walk(ctx, collections.NewPrefixedPairRange[string, uint64](request.Payer),
		func(key collections.Pair[string, uint64]) (bool, error) {
			withdrawal, err := s.keeper.withdrawals.Get(ctx, key.K2())
			response.Withdrawals = append(response.Withdrawals, &withdrawal)
			return false, err
		})
	return response, err
}

func (s queryServer) Lane(ctx context.Context, request *types.QueryLaneRequest) (*types.QueryLaneResponse, error) {
	lane, found, err := s.keeper.GetLane(ctx, request.Id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, status.Error(codes.NotFound, types.ErrLaneUnknown.Error())
	}
	return &types.QueryLaneResponse{Lane: &lane}, nil
}

// Lanes lists a payer's lanes, or all where none is named, in order of id.
func (s queryServer) Lanes(ctx context.Context, request *types.QueryLanesRequest) (*types.QueryLanesResponse, error) {
	if request.Payer == "" {
		lanes, page, err := query.CollectionPaginate(ctx, s.keeper.lanes, request.Pagination,
			func(id uint64, _ types.Lane) (*types.Lane, error) { return s.lane(ctx, id) })
		return &types.QueryLanesResponse{Lanes: lanes, Pagination: page}, err
	}
	lanes, page, err := query.CollectionPaginate(ctx, s.keeper.lanesByPayer, request.Pagination,
		func(key collections.Pair[string, uint64], _ collections.NoValue) (*types.Lane, error) {
			return s.lane(ctx, key.K2())
		},
		query.WithCollectionPaginationPairPrefix[string, uint64](request.Payer))
	return &types.QueryLanesResponse{Lanes: lanes, Pagination: page}, err
}

func (s queryServer) lane(ctx context.Context, id uint64) (*types.Lane, error) {
	lane, _, err := s.keeper.GetLane(ctx, id)
	return &lane, err
}

func (s queryServer) NonceChunk(ctx context.Context, request *types.QueryNonceChunkRequest) (*types.QueryNonceChunkResponse, error) {
	bounds, err := s.keeper.NonceBounds(ctx)
	if err != nil {
		return nil, err
	}
	bits, err := s.keeper.NonceChunk(ctx, bounds, request.Lane, request.Epoch, request.Chunk)
	if err != nil {
		return nil, status.Error(codes.OutOfRange, err.Error())
	}
	return &types.QueryNonceChunkResponse{Bits: bits}, nil
}
