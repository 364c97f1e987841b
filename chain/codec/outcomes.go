package codec

// Outcome is how a row ended. Source: docs/spec/final.md.
type Outcome uint8

const (
	OutcomePaid       Outcome = 1
	OutcomeVoid       Outcome = 2
	OutcomeRefunded   Outcome = 3
	OutcomeOverturned Outcome = 4
	OutcomeSkipped    Outcome = 5
	OutcomeOpen       Outcome = 6
)

// Reason says why, within its outcome.
type Reason uint8

const (
	PaidIndividuallySigned Reason = 1

	VoidExpired           Reason = 1
	VoidOverCeiling       Reason = 2
	VoidLaneExhausted     Reason = 3
	VoidLaneRevoked       Reason = 4
	VoidLaneExpired       Reason = 5
	VoidLaneDisallows     Reason = 6
	VoidNonceUsed         Reason = 7
	VoidNonceOutOfRange   Reason = 8
	VoidSettleByTooFar    Reason = 9
	VoidWorkerJailed      Reason = 10
	VoidWorkerUnbonding   Reason = 11
	VoidIncarnationClosed Reason = 12
	VoidOverExposure      Reason = 13
	VoidWrongUnits        Reason = 14
	VoidWrongCharge       Reason = 15
	VoidModelDisallows    Reason = 16
	VoidUnknownProfile    Reason = 17
	VoidForkedLog         Reason = 18
	VoidWrongItems        Reason = 19
	VoidKeyRetired        Reason = 20

	RefundedWorkerConvicted Reason = 1
	SkippedAlreadySettled   Reason = 1
)

// reasonMax is the last reason of an outcome that a record may list, 0 for one that has none yet.
func (o Outcome) reasonMax() Reason {
	switch o {
	case OutcomePaid:
		return PaidIndividuallySigned
	case OutcomeVoid:
		return VoidKeyRetired
	case OutcomeRefunded:
		return RefundedWorkerConvicted
	case OutcomeSkipped:
		return SkippedAlreadySettled
	}
	return 0
}
