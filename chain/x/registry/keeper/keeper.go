// Package keeper holds the state of x/registry: operators and their bonds, signing keys, models.
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

	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// Keeper reads and writes the registry. It is shared by pointer: escrow and rollup are set after it is built.
type Keeper struct {
	authority string
	accounts  types.AccountKeeper
	bank      types.BankKeeper
	escrow    types.EscrowKeeper
	windows   types.WindowSource
	hooks     types.SequencerHooks

	Schema             collections.Schema
	params             collections.Item[types.Params]
	nextOperatorID     collections.Item[uint64]
	operators          collections.Map[uint64, types.Operator]
	operatorsByAccount collections.Map[collections.Pair[string, int32], uint64]
	signingKeys        collections.Map[[]byte, types.SigningKey]
	models             collections.Map[[]byte, types.Model]
	versions           collections.Map[collections.Pair[string, string], types.ModelVersion]
	newestVersions     collections.Map[string, string]
	unbonding          collections.KeySet[collections.Pair[uint64, uint64]]
	openValues         collections.Map[uint64, math.Int]
	debts              collections.Map[uint64, math.Int]
}

// NewKeeper lays out the store. It panics when the module account is not set up: that is a mistake in wiring.
//
//consensus:wiring keepers are built before any block
func NewKeeper(cdc codec.BinaryCodec, storeService store.KVStoreService, accounts types.AccountKeeper, bank types.BankKeeper, authority string) *Keeper {
	if accounts.GetModuleAddress(types.ModuleName) == nil {
		panic(fmt.Sprintf("the %s module account is not set", types.ModuleName))
	}
	builder := collections.NewSchemaBuilder(storeService)
	k := &Keeper{
		authority:      authority,
		accounts:       accounts,
		bank:           bank,
		params:         collections.NewItem(builder, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		nextOperatorID: collections.NewItem(builder, types.NextOperatorIDPrefix, "next_operator_id", collections.Uint64Value),
		operators:      collections.NewMap(builder, types.OperatorsPrefix, "operators", collections.Uint64Key, codec.CollValue[types.Operator](cdc)),
		operatorsByAccount: collections.NewMap(builder, types.OperatorsByAccountPrefix, "operators_by_account",
			collections.PairKeyCodec(collections.StringKey, collections.Int32Key), collections.Uint64Value),
		signingKeys: collections.NewMap(builder, types.SigningKeysPrefix, "signing_keys", collections.BytesKey, codec.CollValue[types.SigningKey](cdc)),
		models:      collections.NewMap(builder, types.ModelsPrefix, "models", collections.BytesKey, codec.CollValue[types.Model](cdc)),
		versions: collections.NewMap(builder, types.VersionsPrefix, "versions",
			collections.PairKeyCodec(collections.StringKey, collections.StringKey), codec.CollValue[types.ModelVersion](cdc)),
		newestVersions: collections.NewMap(builder, types.NewestVersionsPrefix, "newest_versions", collections.StringKey, collections.StringValue),
		unbonding: collections.NewKeySet(builder, types.UnbondingPrefix, "unbonding",
			collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)),
		openValues: collections.NewMap(builder, types.OpenValuesPrefix, "open_values", collections.Uint64Key, sdk.IntValue),
		debts:      collections.NewMap(builder, types.DebtsPrefix, "debts", collections.Uint64Key, sdk.IntValue),
	}
	schema, err := builder.Build()
	if err != nil {
		panic(fmt.Errorf("lay out the %s store: %w", types.ModuleName, err))
	}
	k.Schema = schema
	return k
}

// SetEscrow is called once, at wiring: escrow is built on the registry, which in turn asks it for the job horizon.
func (k *Keeper) SetEscrow(escrow types.EscrowKeeper) { k.escrow = setOnce(k.escrow, escrow, "escrow") }

// SetWindowSource is called once, at wiring, with x/rollup.
func (k *Keeper) SetWindowSource(windows types.WindowSource) {
	k.windows = setOnce(k.windows, windows, "the window source")
}

// SetSequencerHooks is called once, at wiring, with x/rollup.
func (k *Keeper) SetSequencerHooks(hooks types.SequencerHooks) {
	k.hooks = setOnce(k.hooks, hooks, "sequencer hooks")
}

func setOnce[T comparable](current, next T, name string) T {
	var none T
	if current != none {
		//consensus:wiring a second keeper is a mistake in app.go
		panic(name + " may be set only once")
	}
	return next
}

// GetAuthority is the account that may change parameters and jail: governance.
func (k *Keeper) GetAuthority() string { return k.authority }

// GetParams returns the module's parameters.
func (k *Keeper) GetParams(ctx context.Context) (types.Params, error) {
	params, err := k.params.Get(ctx)
	if err != nil {
		return types.Params{}, fmt.Errorf("read registry parameters: %w", err)
	}
	return params, nil
}

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
