package types

import (
	"context"

	"cosmossdk.io/core/address"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// AccountKeeper is what the registry needs of x/auth.
type AccountKeeper interface {
	AddressCodec() address.Codec
	GetModuleAddress(moduleName string) sdk.AccAddress
}

// BankKeeper is what the registry needs of x/bank.
type BankKeeper interface {
	GetBalance(ctx context.Context, address sdk.AccAddress, denom string) sdk.Coin
	SendCoins(ctx context.Context, from, to sdk.AccAddress, coins sdk.Coins) error
	SendCoinsFromAccountToModule(ctx context.Context, sender sdk.AccAddress, recipientModule string, coins sdk.Coins) error
	SendCoinsFromModuleToModule(ctx context.Context, senderModule, recipientModule string, coins sdk.Coins) error
	BurnCoins(ctx context.Context, moduleName string, coins sdk.Coins) error
}

// EscrowKeeper tells the registry how long a signed job may still settle, and which keys are lanes' spenders.
type EscrowKeeper interface {
	SettleByHorizon(ctx context.Context) (uint64, error)
	IsSpenderKey(ctx context.Context, key []byte) (bool, error)
}

// WindowSource tells how long a block waits before it is final, and whether a conviction would burn enough: x/rollup.
type WindowSource interface {
	ChallengeWindow(ctx context.Context) (uint64, error)
	CheckConviction(ctx context.Context, slashBps, reporterBps uint32) error
}

// SequencerHooks lets x/rollup give the first sequencer term 1.
type SequencerHooks interface {
	AfterSequencerRegistered(ctx context.Context, operator Operator) error
}
