package keeper

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/lamina-network/lamina/chain/x/registry/types"
)

type queryServer struct{ keeper *Keeper }

// NewQueryServer answers the module's queries.
func NewQueryServer(keeper *Keeper) types.QueryServer { return queryServer{keeper: keeper} }

func (s queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := s.keeper.GetParams(ctx)
	return &types.QueryParamsResponse{Params: &params}, err
}

func (s queryServer) Operator(ctx context.Context, request *types.QueryOperatorRequest) (*types.QueryOperatorResponse, error) {
	operator, found, err := s.keeper.GetOperator(ctx, request.Id)
	return operatorResponse(operator, found, err)
}

func (s queryServer) OperatorByAccount(ctx context.Context, request *types.QueryOperatorByAccountRequest) (*types.QueryOperatorResponse, error) {
	operator, found, err := s.keeper.GetOperatorByAccount(ctx, request.Operator, request.Role)
	return operatorResponse(operator, found, err)
}

func (s queryServer) OperatorByKey(ctx context.Context, request *types.QueryOperatorByKeyRequest) (*types.QueryOperatorResponse, error) {
	key, found, err := s.keeper.GetSigningKey(ctx, request.SigningKey)
	if err != nil || !found {
		return operatorResponse(types.Operator{}, found, err)
	}
	return s.Operator(ctx, &types.QueryOperatorRequest{Id: key.OperatorId})
}

func operatorResponse(operator types.Operator, found bool, err error) (*types.QueryOperatorResponse, error) {
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, status.Error(codes.NotFound, types.ErrOperatorUnknown.Error())
	}
	return &types.QueryOperatorResponse{Operator: &operator}, nil
}

// Operators lists those of a role, or all where none is named, in order of id.
func (s queryServer) Operators(ctx context.Context, request *types.QueryOperatorsRequest) (*types.QueryOperatorsResponse, error) {
	operators, page, err := query.CollectionFilteredPaginate(ctx, s.keeper.operators, request.Pagination,
		func(_ uint64, operator types.Operator) (bool, error) {
			return request.Role == types.OperatorRole_OPERATOR_ROLE_UNSPECIFIED || operator.Role == request.Role, nil
		},
		func(_ uint64, operator types.Operator) (*types.Operator, error) {
			return &operator, s.keeper.fillBalances(ctx, &operator)
		})
	if err != nil {
		return nil, err
	}
	return &types.QueryOperatorsResponse{Operators: operators, Pagination: page}, nil
}

func (s queryServer) SigningKey(ctx context.Context, request *types.QuerySigningKeyRequest) (*types.QuerySigningKeyResponse, error) {
	key, found, err := s.keeper.GetSigningKey(ctx, request.Key)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, status.Error(codes.NotFound, types.ErrKeyUnknown.Error())
	}
	return &types.QuerySigningKeyResponse{SigningKey: &key}, nil
}

// Model finds a model by its id, or by name and version; no version means the newest.
func (s queryServer) Model(ctx context.Context, request *types.QueryModelRequest) (*types.QueryModelResponse, error) {
	id := request.ModelId
	if len(id) == 0 {
		version, found, err := s.findVersion(ctx, request.Name, request.Version)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, status.Error(codes.NotFound, types.ErrModelUnknown.Error())
		}
		id = version.ModelId
	}
	model, found, err := s.keeper.GetModel(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, status.Error(codes.NotFound, types.ErrModelUnknown.Error())
	}
	versions, err := s.versionsOf(ctx, model)
	if err != nil {
		return nil, err
	}
	return &types.QueryModelResponse{Model: &model, Versions: versions}, nil
}

func (s queryServer) findVersion(ctx context.Context, name, version string) (types.ModelVersion, bool, error) {
	if version == "" {
		return s.keeper.newestVersion(ctx, name)
	}
	return find(ctx, s.keeper.versions, collections.Join(name, version))
}

// versionsOf lists the versions that point at a model; all of them bear the name in its manifest.
func (s queryServer) versionsOf(ctx context.Context, model types.Model) ([]*types.ModelVersion, error) {
	name, err := manifestName(model)
	if err != nil {
		return nil, err
	}
	var versions []*types.ModelVersion
	err = s.keeper.versions.Walk(ctx, collections.NewPrefixedPairRange[string, string](name),
		func(_ collections.Pair[string, string], version types.ModelVersion) (bool, error) {
			if string(version.ModelId) == string(model.ModelId) {
				versions = append(versions, &version)
			}
			return false, nil
		})
	return versions, err
}

func (s queryServer) Models(ctx context.Context, request *types.QueryModelsRequest) (*types.QueryModelsResponse, error) {
	versions, page, err := query.CollectionPaginate(ctx, s.keeper.versions, request.Pagination,
		func(_ collections.Pair[string, string], version types.ModelVersion) (*types.ModelVersion, error) {
			return &version, nil
		})
	if err != nil {
		return nil, err
	}
	return &types.QueryModelsResponse{Versions: versions, Pagination: page}, nil
}
