package types

import (
	"context"

	"cosmossdk.io/core/address"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

// AccountKeeper is what rollup needs of x/auth.
type AccountKeeper interface {
	AddressCodec() address.Codec
	GetModuleAddress(moduleName string) sdk.AccAddress
}

// RegistryKeeper is what rollup needs to know and change of operators and models.
type RegistryKeeper interface {
	GetSigningKey(ctx context.Context, key []byte) (registrytypes.SigningKey, bool, error)
	GetOperator(ctx context.Context, id uint64) (registrytypes.Operator, bool, error)
	GetOperatorByAccount(ctx context.Context, account string, role registrytypes.OperatorRole) (registrytypes.Operator, bool, error)
	GetModel(ctx context.Context, modelID []byte) (registrytypes.Model, bool, error)
	GetParams(ctx context.Context) (registrytypes.Params, error)
	AddOpenValue(ctx context.Context, operatorID uint64, amount math.Int) error
	SubOpenValue(ctx context.Context, operatorID uint64, amount math.Int) error
	AddDebt(ctx context.Context, operatorID uint64, amount math.Int) error
	NetDebt(ctx context.Context, operatorID uint64, payout math.Int) (net, collected math.Int, err error)
	Convict(ctx context.Context, key []byte, reporter sdk.AccAddress, fault string) (reward math.Int, err error)
}

// EscrowKeeper is what rollup needs of lanes, nonces and the pot.
type EscrowKeeper interface {
	GetLane(ctx context.Context, id uint64) (escrowtypes.Lane, bool, error)
	Layout(ctx context.Context) (escrowtypes.Layout, error)
	GetParams(ctx context.Context) (escrowtypes.Params, error)
	NonceBounds(ctx context.Context) (escrowtypes.NonceBounds, error)
	// NonceChunk gives the bits of escrowtypes.NoncesPerChunk nonces; a chunk never written is all zero.
	NonceChunk(ctx context.Context, bounds escrowtypes.NonceBounds, lane, epoch uint64, chunk uint32) ([]byte, error)
	SetNonceChunk(ctx context.Context, bounds escrowtypes.NonceBounds, lane, epoch uint64, chunk uint32, bits []byte) error
	GetPot(ctx context.Context) (math.Int, error)
	DebitLanes(ctx context.Context, debits ...escrowtypes.LaneDebit) error
	PayFromPot(ctx context.Context, kind string, recipient sdk.AccAddress, amount math.Int, number uint64, forced bool) error
	CreditFromPot(ctx context.Context, kind, account string, amount math.Int, number uint64, forced bool) error
	RefundLane(ctx context.Context, lane uint64, amount math.Int, number uint64, forced bool) error
}
