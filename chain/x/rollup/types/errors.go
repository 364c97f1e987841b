package types

import "cosmossdk.io/errors"

// Codes are never renumbered: sequencers tell failures apart by them.
var (
	ErrUnauthorized     = errors.Register(ModuleName, 2, "unauthorized")
	ErrParams           = errors.Register(ModuleName, 3, "parameters out of bounds")
	ErrTooLarge         = errors.Register(ModuleName, 4, "over a limit")
	ErrMalformed        = errors.Register(ModuleName, 5, "does not decode")
	ErrTerm             = errors.Register(ModuleName, 6, "wrong term")
	ErrParent           = errors.Register(ModuleName, 7, "does not follow the accepted block")
	ErrLevel            = errors.Register(ModuleName, 8, "verification level is not offered")
	ErrReferenceHeight  = errors.Register(ModuleName, 9, "wrong reference height")
	ErrHeaderMismatch   = errors.Register(ModuleName, 10, "header does not match its rows")
	ErrHeaderSignature  = errors.Register(ModuleName, 11, "wrong header signature")
	ErrWorkerUnknown    = errors.Register(ModuleName, 12, "worker key unknown at the reference height")
	ErrLogGap           = errors.Register(ModuleName, 13, "rows are missing before the run")
	ErrHeadSignature    = errors.Register(ModuleName, 14, "wrong head signature")
	ErrModelUnknown     = errors.Register(ModuleName, 15, "model unknown at the reference height")
	ErrLaneUnknown      = errors.Register(ModuleName, 16, "lane unknown at the reference height")
	ErrSpenderSignature = errors.Register(ModuleName, 17, "wrong spender signature")
	ErrNothingNew       = errors.Register(ModuleName, 18, "run is settled already")
	ErrTakeover         = errors.Register(ModuleName, 19, "term cannot be taken over")
	ErrOperator         = errors.Register(ModuleName, 20, "operator cannot do this")
	ErrIncarnation      = errors.Register(ModuleName, 21, "incarnation cannot be opened")
	ErrEvidence         = errors.Register(ModuleName, 22, "evidence does not prove a fault")
	ErrGenesis          = errors.Register(ModuleName, 23, "invalid genesis")
	ErrInvariant        = errors.Register(ModuleName, 24, "invariant broken")
	ErrAmount           = errors.Register(ModuleName, 25, "amount overflows")
)
