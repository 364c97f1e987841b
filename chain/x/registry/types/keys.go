package types

import "cosmossdk.io/collections"

const (
	// ModuleName is also the name of the module account that holds all bonds (I3).
	ModuleName = "registry"
	StoreKey   = ModuleName
)

// Prefixes of the store. Numbers are never reused.
var (
	ParamsPrefix             = collections.NewPrefix(1)
	NextOperatorIDPrefix     = collections.NewPrefix(2)
	OperatorsPrefix          = collections.NewPrefix(3)
	OperatorsByAccountPrefix = collections.NewPrefix(4)
	SigningKeysPrefix        = collections.NewPrefix(5)
	ModelsPrefix             = collections.NewPrefix(6)
	VersionsPrefix           = collections.NewPrefix(7)
	NewestVersionsPrefix     = collections.NewPrefix(8)
	UnbondingPrefix          = collections.NewPrefix(9)
	OpenValuesPrefix         = collections.NewPrefix(10)
	DebtsPrefix              = collections.NewPrefix(11)
)
