package types

import "cosmossdk.io/errors"

// Codes are never renumbered: clients tell failures apart by them.
var (
	ErrUnauthorized    = errors.Register(ModuleName, 2, "unauthorized")
	ErrParams          = errors.Register(ModuleName, 3, "parameters out of bounds")
	ErrAmount          = errors.Register(ModuleName, 4, "invalid amount")
	ErrDepositTooSmall = errors.Register(ModuleName, 5, "deposit does not cover this")
	ErrLaneUnknown     = errors.Register(ModuleName, 6, "lane unknown")
	ErrLaneClosed      = errors.Register(ModuleName, 7, "lane is closed")
	ErrLaneEnd         = errors.Register(ModuleName, 8, "lane's end does not allow this")
	ErrLaneTerms       = errors.Register(ModuleName, 9, "invalid models or levels")
	ErrLaneTooSmall    = errors.Register(ModuleName, 10, "lane does not cover this")
	ErrKeyUsed         = errors.Register(ModuleName, 11, "key was registered before")
	ErrNonce           = errors.Register(ModuleName, 12, "nonce out of range")
	ErrEpochPassed     = errors.Register(ModuleName, 13, "epoch has passed")
	ErrPot             = errors.Register(ModuleName, 14, "pot does not cover this")
	ErrPaymentKind     = errors.Register(ModuleName, 15, "unknown kind of payment")
	ErrGenesis         = errors.Register(ModuleName, 16, "invalid genesis")
	ErrInvariant       = errors.Register(ModuleName, 17, "invariant broken")
)
