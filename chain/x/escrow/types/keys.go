package types

import "cosmossdk.io/collections"

const (
	// ModuleName is also the name of the module account that holds deposits, lanes, pot and withdrawals (I2).
	ModuleName = "escrow"
	StoreKey   = ModuleName
)

// Prefixes of the store. Numbers are never reused.
var (
	ParamsPrefix             = collections.NewPrefix(1)
	LayoutPrefix             = collections.NewPrefix(2)
	NextLaneIDPrefix         = collections.NewPrefix(3)
	NextWithdrawalIDPrefix   = collections.NewPrefix(4)
	DepositsPrefix           = collections.NewPrefix(5)
	LanesPrefix              = collections.NewPrefix(6)
	LaneBalancesPrefix       = collections.NewPrefix(7)
	LanesByPayerPrefix       = collections.NewPrefix(8)
	SpenderKeysPrefix        = collections.NewPrefix(9)
	WithdrawalsPrefix        = collections.NewPrefix(10)
	WithdrawalsByPayerPrefix = collections.NewPrefix(11)
	WithdrawalQueuePrefix    = collections.NewPrefix(12)
	NonceChunksPrefix        = collections.NewPrefix(13)
	PrunedEpochPrefix        = collections.NewPrefix(14)
	PotPrefix                = collections.NewPrefix(15)
)
