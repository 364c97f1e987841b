package types

import "cosmossdk.io/collections"

const (
	ModuleName = "rollup"
	StoreKey   = ModuleName
)

// Prefixes of the store. Numbers are never reused. The first three are read from outside and proved by receipts
// (docs/spec/settlement.md).
var (
	FinalLogPrefix      = collections.NewPrefix(1)
	PendingProofPrefix  = collections.NewPrefix(2)
	ForcedProofPrefix   = collections.NewPrefix(3)
	ParamsPrefix        = collections.NewPrefix(4)
	TermPrefix          = collections.NewPrefix(5)
	LogsPrefix          = collections.NewPrefix(6)
	IncarnationsPrefix  = collections.NewPrefix(7)
	UnservedPrefix      = collections.NewPrefix(8)
	PendingPrefix       = collections.NewPrefix(9)
	PendingIndexPrefix  = collections.NewPrefix(10)
	PendingNextPrefix   = collections.NewPrefix(11)
	ProgressPrefix      = collections.NewPrefix(12)
	AcceptedPrefix      = collections.NewPrefix(13)
	AcceptedOrderPrefix = collections.NewPrefix(14)
	AcceptedNextPrefix  = collections.NewPrefix(15)
	ForcedNextPrefix    = collections.NewPrefix(16)
	UnservedSincePrefix = collections.NewPrefix(17)
)

// Kinds of a pending block and of a final record (docs/spec/final.md).
const (
	KindBlock  = 1
	KindForced = 2
)
