package types

import "cosmossdk.io/errors"

// Codes are never renumbered: clients tell failures apart by them.
var (
	ErrUnauthorized    = errors.Register(ModuleName, 2, "unauthorized")
	ErrParams          = errors.Register(ModuleName, 3, "parameters out of bounds")
	ErrAmount          = errors.Register(ModuleName, 4, "invalid amount")
	ErrRole            = errors.Register(ModuleName, 5, "unknown role")
	ErrOperatorExists  = errors.Register(ModuleName, 6, "account already has an operator of this role")
	ErrOperatorUnknown = errors.Register(ModuleName, 7, "operator unknown")
	ErrOperatorStatus  = errors.Register(ModuleName, 8, "operator's status does not allow this")
	ErrBondTooSmall    = errors.Register(ModuleName, 9, "bond below the minimum")
	ErrKey             = errors.Register(ModuleName, 10, "signing key refused")
	ErrKeyUsed         = errors.Register(ModuleName, 11, "signing key was registered before")
	ErrKeyUnknown      = errors.Register(ModuleName, 12, "signing key unknown")
	ErrPossession      = errors.Register(ModuleName, 13, "possession of the key is not proved")
	ErrDescription     = errors.Register(ModuleName, 14, "invalid description")
	ErrOffers          = errors.Register(ModuleName, 15, "invalid offers")
	ErrManifest        = errors.Register(ModuleName, 16, "invalid manifest")
	ErrVersion         = errors.Register(ModuleName, 17, "invalid version")
	ErrVersionExists   = errors.Register(ModuleName, 18, "version exists")
	ErrNameTaken       = errors.Register(ModuleName, 19, "name belongs to another publisher")
	ErrModelUnknown    = errors.Register(ModuleName, 20, "model unknown")
	ErrAlreadyJudged   = errors.Register(ModuleName, 21, "already judged")
	ErrOpenValue       = errors.Register(ModuleName, 22, "open value does not cover this")
	ErrGenesis         = errors.Register(ModuleName, 23, "invalid genesis")
	ErrInvariant       = errors.Register(ModuleName, 24, "invariant broken")
)
