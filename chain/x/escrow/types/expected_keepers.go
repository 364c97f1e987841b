package types

import (
	"context"

	"cosmossdk.io/core/address"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// AccountKeeper is what escrow needs of x/auth.
type AccountKeeper interface {
	AddressCodec() address.Codec
	GetModuleAddress(moduleName string) sdk.AccAddress
}

// BankKeeper is what escrow needs of x/bank.
type BankKeeper interface {
	GetBalance(ctx context.Context, address sdk.AccAddress, denom string) sdk.Coin
	SendCoins(ctx context.Context, from, to sdk.AccAddress, coins sdk.Coins) error
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, recipientModule string, coins sdk.Coins) error
}

// RegistryKeeper is what escrow needs of x/registry: keys serve one role, ever, and a job's life has to fit into unbonding.
type RegistryKeeper interface {
	IsSigningKey(ctx context.Context, key []byte) (bool, error)
	CheckHorizon(ctx context.Context, settleByHorizon uint64) error
}
