// Package keeper holds the state of rollup: batches accepted, blocks waiting for their window, and the final log.
package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// logKey names a result log: worker key, level and param as one number, incarnation.
type logKey = collections.Triple[[]byte, uint32, uint32]

// sinceKey is a height with a logKey.
type sinceKey = collections.Quad[uint64, []byte, uint32, uint32]

// pendingKey names a pending block: kind, term (0 for forced runs), number.
type pendingKey = collections.Triple[uint32, uint64, uint64]

// Keeper is the only writer of the store `rollup`.
type Keeper struct {
	authority string
	accounts  types.AccountKeeper
	registry  types.RegistryKeeper
	escrow    types.EscrowKeeper

	Schema collections.Schema
	// Raw bytes under fixed keys, proved by receipts: docs/spec/settlement.md.
	FinalLog     collections.Item[[]byte]
	PendingProof collections.Map[collections.Pair[uint64, uint64], []byte]
	ForcedProof  collections.Map[uint64, []byte]

	Params       collections.Item[types.Params]
	Term         collections.Item[types.Term]
	Logs         collections.Map[logKey, types.Log]
	Incarnations collections.Map[[]byte, types.Incarnation]
	Unserved     collections.Map[logKey, types.Unserved]
	// UnservedSince orders the same logs by the height of their marks, so that the oldest is found without a walk.
	UnservedSince collections.KeySet[sinceKey]
	// Pending blocks by order of acceptance, which is the order in which they become final.
	Pending       collections.Map[uint64, types.PendingBlock]
	PendingIndex  collections.Map[pendingKey, uint64]
	PendingNext   collections.Sequence
	Progress      collections.Item[types.FinalityProgress]
	Accepted      collections.Map[[]byte, types.AcceptedBatch]
	AcceptedOrder collections.Map[uint64, []byte]
	AcceptedNext  collections.Sequence
	ForcedNext    collections.Sequence
}

// New wires the keeper. It panics on a schema mistake, as wiring does.
func New(
	cdc codec.BinaryCodec, storeService store.KVStoreService, authority string,
	accounts types.AccountKeeper, registry types.RegistryKeeper, escrow types.EscrowKeeper,
) *Keeper {
	builder := collections.NewSchemaBuilder(storeService)
	logKeyCodec := collections.TripleKeyCodec(collections.BytesKey, collections.Uint32Key, collections.Uint32Key)
	pendingKeyCodec := collections.TripleKeyCodec(collections.Uint32Key, collections.Uint64Key, collections.Uint64Key)
	k := &Keeper{
		authority: authority, accounts: accounts, registry: registry, escrow: escrow,
		FinalLog:      collections.NewItem(builder, types.FinalLogPrefix, "final_log", collections.BytesValue),
		PendingProof:  collections.NewMap(builder, types.PendingProofPrefix, "pending_proof", collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key), collections.BytesValue),
		ForcedProof:   collections.NewMap(builder, types.ForcedProofPrefix, "forced_proof", collections.Uint64Key, collections.BytesValue),
		Params:        collections.NewItem(builder, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		Term:          collections.NewItem(builder, types.TermPrefix, "term", codec.CollValue[types.Term](cdc)),
		Logs:          collections.NewMap(builder, types.LogsPrefix, "logs", logKeyCodec, codec.CollValue[types.Log](cdc)),
		Incarnations:  collections.NewMap(builder, types.IncarnationsPrefix, "incarnations", collections.BytesKey, codec.CollValue[types.Incarnation](cdc)),
		Unserved:      collections.NewMap(builder, types.UnservedPrefix, "unserved", logKeyCodec, codec.CollValue[types.Unserved](cdc)),
		UnservedSince: collections.NewKeySet(builder, types.UnservedSincePrefix, "unserved_since", collections.QuadKeyCodec(collections.Uint64Key, collections.BytesKey, collections.Uint32Key, collections.Uint32Key)),
		Pending:       collections.NewMap(builder, types.PendingPrefix, "pending", collections.Uint64Key, codec.CollValue[types.PendingBlock](cdc)),
		PendingIndex:  collections.NewMap(builder, types.PendingIndexPrefix, "pending_index", pendingKeyCodec, collections.Uint64Value),
		PendingNext:   collections.NewSequence(builder, types.PendingNextPrefix, "pending_next"),
		Progress:      collections.NewItem(builder, types.ProgressPrefix, "progress", codec.CollValue[types.FinalityProgress](cdc)),
		Accepted:      collections.NewMap(builder, types.AcceptedPrefix, "accepted", collections.BytesKey, codec.CollValue[types.AcceptedBatch](cdc)),
		AcceptedOrder: collections.NewMap(builder, types.AcceptedOrderPrefix, "accepted_order", collections.Uint64Key, collections.BytesValue),
		AcceptedNext:  collections.NewSequence(builder, types.AcceptedNextPrefix, "accepted_next"),
		ForcedNext:    collections.NewSequence(builder, types.ForcedNextPrefix, "forced_next"),
	}
	schema, err := builder.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// ChallengeWindow is how many heights a block waits before it is final.
func (k *Keeper) ChallengeWindow(ctx context.Context) (uint64, error) {
	params, err := k.Params.Get(ctx)
	return params.ChallengeWindow, err
}
