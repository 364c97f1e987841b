package types

import "cosmossdk.io/math"

// Values of EventDeposit.change and EventLane.change.
const (
	ChangeDeposited           = "deposited"
	ChangeWithdrawalRequested = "withdrawal_requested"
	ChangeWithdrawn           = "withdrawn"
	ChangeOpened              = "opened"
	ChangeToppedUp            = "topped_up"
	ChangeRevoked             = "revoked"
	ChangeClosed              = "closed"
)

// Kinds of EventPayment.
const (
	PaymentWorker    = "worker"
	PaymentSequencer = "sequencer"
	PaymentProtocol  = "protocol"
	PaymentRefund    = "refund"
)

const levelMax = 4

// LaneDebit is what the rows of a block take from one lane, in ulam.
type LaneDebit struct {
	Lane   uint64
	Amount math.Int
}

// CheckTerms bounds what a lane covers: models of 32 bytes, each once (none: all), and at least one level of 1–4, ascending.
func CheckTerms(models [][]byte, levels []uint32, modelsMax int) error {
	if len(models) > modelsMax {
		return ErrLaneTerms.Wrapf("models: expected at most %d, found %d", modelsMax, len(models))
	}
	seen := make(map[string]bool, len(models))
	for index, model := range models {
		if len(model) != 32 || seen[string(model)] {
			return ErrLaneTerms.Wrapf("models[%d]: expected 32 bytes, each once, found %x", index, model)
		}
		seen[string(model)] = true
	}
	if len(levels) == 0 {
		return ErrLaneTerms.Wrap("levels: expected at least one, found none")
	}
	for index, level := range levels {
		if level == 0 || level > levelMax || index > 0 && level <= levels[index-1] {
			return ErrLaneTerms.Wrapf("levels[%d]: expected 1–%d in ascending order, found %d", index, levelMax, level)
		}
	}
	return nil
}
