// Package keeper holds the state of x/escrow: deposits, lanes, nonces, the pot, withdrawals.
package keeper

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// nonceChunkKey orders bitmaps by epoch, so that passed epochs stand in front.
type nonceChunkKey = collections.Triple[uint64, uint64, uint32] // epoch, lane, chunk

// Keeper reads and writes escrow. All coins lie in one module account; the maps say whose they are (I2).
type Keeper struct {
	authority string
	accounts  types.AccountKeeper
	bank      types.BankKeeper
	registry  types.RegistryKeeper

	Schema             collections.Schema
	params             collections.Item[types.Params]
	layout             collections.Item[types.Layout]
	nextLaneID         collections.Item[uint64]
	nextWithdrawalID   collections.Item[uint64]
	deposits           collections.Map[string, math.Int]
	lanes              collections.Map[uint64, types.Lane]
	laneBalances       collections.Map[uint64, math.Int]
	lanesByPayer       collections.KeySet[collections.Pair[string, uint64]]
	spenderKeys        collections.Map[[]byte, uint64]
	withdrawals        collections.Map[uint64, types.Withdrawal]
	withdrawalsByPayer collections.KeySet[collections.Pair[string, uint64]]
	withdrawalQueue    collections.KeySet[collections.Pair[uint64, uint64]]
	nonceChunks        collections.Map[nonceChunkKey, []byte]
	prunedEpoch        collections.Item[uint64]
	pot                collections.Item[math.Int]
}

// NewKeeper lays out the store. It panics when the module account is not set up: that is a mistake in wiring.
//
//consensus:wiring keepers are built before any block
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, accounts types.AccountKeeper, bank types.BankKeeper, registry types.RegistryKeeper, authority string) *Keeper {
	if accounts.GetModuleAddress(types.ModuleName) == nil {
		panic(fmt.Sprintf("the %s module account is not set", types.ModuleName))
	}
	builder := collections.NewSchemaBuilder(storeService)
	payerAndID := collections.PairKeyCodec(collections.StringKey, collections.Uint64Key)
	k := &Keeper{
		authority:          authority,
		accounts:           accounts,
		bank:               bank,
		registry:           registry,
		params:             collections.NewItem(builder, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		layout:             collections.NewItem(builder, types.LayoutPrefix, "layout", codec.CollValue[types.Layout](cdc)),
		nextLaneID:         collections.NewItem(builder, types.NextLaneIDPrefix, "next_lane_id", collections.Uint64Value),
		nextWithdrawalID:   collections.NewItem(builder, types.NextWithdrawalIDPrefix, "next_withdrawal_id", collections.Uint64Value),
		deposits:           collections.NewMap(builder, types.DepositsPrefix, "deposits", collections.StringKey, sdk.IntValue),
		lanes:              collections.NewMap(builder, types.LanesPrefix, "lanes", collections.Uint64Key, codec.CollValue[types.Lane](cdc)),
		laneBalances:       collections.NewMap(builder, types.LaneBalancesPrefix, "lane_balances", collections.Uint64Key, sdk.IntValue),
		lanesByPayer:       collections.NewKeySet(builder, types.LanesByPayerPrefix, "lanes_by_payer", payerAndID),
		spenderKeys:        collections.NewMap(builder, types.SpenderKeysPrefix, "spender_keys", collections.BytesKey, collections.Uint64Value),
		withdrawals:        collections.NewMap(builder, types.WithdrawalsPrefix, "withdrawals", collections.Uint64Key, codec.CollValue[types.Withdrawal](cdc)),
		withdrawalsByPayer: collections.NewKeySet(builder, types.WithdrawalsByPayerPrefix, "withdrawals_by_payer", payerAndID),
		withdrawalQueue: collections.NewKeySet(builder, types.WithdrawalQueuePrefix, "withdrawal_queue",
			collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)),
		nonceChunks: collections.NewMap(builder, types.NonceChunksPrefix, "nonce_chunks",
			collections.TripleKeyCodec(collections.Uint64Key, collections.Uint64Key, collections.Uint32Key), collections.BytesValue),
		prunedEpoch: collections.NewItem(builder, types.PrunedEpochPrefix, "pruned_epoch", collections.Uint64Value),
		pot:         collections.NewItem(builder, types.PotPrefix, "pot", sdk.IntValue),
	}
	schema, err := builder.Build()
	if err != nil {
		panic(fmt.Errorf("lay out the %s store: %w", types.ModuleName, err))
	}
	k.Schema = schema
	return k
}

// GetAuthority is the account that may change parameters: governance.
func (k *Keeper) GetAuthority() string { return k.authority }

func (k *Keeper) address() sdk.AccAddress { return k.accounts.GetModuleAddress(types.ModuleName) }

func currentHeight(ctx context.Context) uint64 {
	return uint64(sdk.UnwrapSDKContext(ctx).BlockHeight())
}

// find reads one item and tells whether it is there.
func find[K, V any](ctx context.Context, items collections.Map[K, V], key K) (V, bool, error) {
	value, err := items.Get(ctx, key)
	if err == nil {
		return value, true, nil
	}
	var none V
	if errors.Is(err, collections.ErrNotFound) {
		return none, false, nil
	}
	return none, false, err
}

// balance is 0 where nothing is stored.
func balance[K any](ctx context.Context, balances collections.Map[K, math.Int], key K) (math.Int, error) {
	value, found, err := find(ctx, balances, key)
	if err != nil || !found {
		return math.ZeroInt(), err
	}
	return value, nil
}

// setBalance stores no zeros, so that state does not grow with accounts that hold nothing.
func setBalance[K any](ctx context.Context, balances collections.Map[K, math.Int], key K, value math.Int) error {
	if value.IsZero() {
		return balances.Remove(ctx, key)
	}
	return balances.Set(ctx, key, value)
}

func emit(ctx context.Context, event interface {
	Reset()
	String() string
	ProtoMessage()
}) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event)
}
