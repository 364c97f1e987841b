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

// Reason says why; its meaning depends on the outcome. Numbers are never reused.
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

// reasonsOf is the largest reason of each outcome; overturned and open have none yet.
var reasonsOf = [...]Reason{OutcomePaid: 1, OutcomeVoid: 20, OutcomeRefunded: 1, OutcomeOverturned: 0, OutcomeSkipped: 1, OutcomeOpen: 0}

// LevelName is the level's name in requests and errors.
func LevelName(level uint8) string {
	names := [...]string{1: "optimistic", 2: "quorum", 3: "hybrid", 4: "zk"}
	if level == 0 || int(level) >= len(names) {
		return "unknown"
	}
	return names[level]
}
