package keeper

import (
	"slices"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// outcomes collects what became of a block's rows, in order, keeping only runs that are not plainly paid.
type outcomes struct {
	runs []codec.ExceptionRun
}

func (o *outcomes) add(row uint32, outcome codec.Outcome, reason codec.Reason) {
	if last := len(o.runs) - 1; last >= 0 {
		run := &o.runs[last]
		if run.First+run.Count == row && run.Outcome == outcome && run.Reason == reason {
			run.Count++
			return
		}
	}
	o.runs = append(o.runs, codec.ExceptionRun{First: row, Count: 1, Outcome: outcome, Reason: reason})
}

// outcomesOf turns stored runs back into the codec's.
func outcomesOf(stored []*types.ExceptionRun) []codec.ExceptionRun {
	runs := make([]codec.ExceptionRun, len(stored))
	for i, run := range stored {
		runs[i] = codec.ExceptionRun{
			First: run.First, Count: run.Count, Outcome: codec.Outcome(run.Outcome), Reason: codec.Reason(run.Reason),
		}
	}
	return runs
}

func storedOutcomes(runs []codec.ExceptionRun) []*types.ExceptionRun {
	stored := make([]*types.ExceptionRun, len(runs))
	for i, run := range runs {
		stored[i] = &types.ExceptionRun{
			First: run.First, Count: run.Count, Outcome: uint32(run.Outcome), Reason: uint32(run.Reason),
		}
	}
	return stored
}

// refundConvicted marks the paid rows of convicted operators as refunded; what was void or skipped stays so.
func refundConvicted(block types.PendingBlock, convicted []uint64) []codec.ExceptionRun {
	stored := outcomesOf(block.Exceptions)
	if len(convicted) == 0 {
		return stored
	}
	var result outcomes
	next := 0
	for _, run := range block.Runs {
		guilty := slices.Contains(convicted, run.OperatorId)
		for row := run.First; row < run.First+run.Count; row++ {
			for next < len(stored) && stored[next].First+stored[next].Count <= row {
				next++
			}
			listed := next < len(stored) && stored[next].First <= row
			switch {
			case guilty && (!listed || stored[next].Outcome == codec.OutcomePaid):
				result.add(row, codec.OutcomeRefunded, codec.RefundedWorkerConvicted)
			case listed:
				result.add(row, stored[next].Outcome, stored[next].Reason)
			}
		}
	}
	return result.runs
}
