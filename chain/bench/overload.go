package main

import (
	"fmt"

	"github.com/lamina-network/lamina/chain/testutil"
)

// overloadWindow is a window within which all of the overload can be accepted, in heights.
const overloadWindow = 40

// Overload is what many entries that become due together cost the chain blocks over which they are carried (T51).
type Overload struct {
	Entries               int     `json:"entries"`
	HeightsToAccept       int64   `json:"heights_to_accept"`
	HeightsToSettle       int     `json:"heights_to_settle"`
	SlowestProcessorMilli float64 `json:"slowest_block_processor_ms"`
	SlowestClockMilli     float64 `json:"slowest_block_clock_ms"`
	EntriesAProcessorSec  float64 `json:"entries_a_processor_second"`
}

// measureOverload posts batches in which every row is an entry of its own, faster than finality settles them, and then
// makes empty blocks until all are final.
func measureOverload(lanes, batches int) Overload {
	s := newStage(1, lanes, testutil.WithModuleGenesis("rollup", fmt.Sprintf(`{"params":{"challenge_window":"%d"}}`, overloadWindow)))
	before := s.Height()
	for range batches {
		s.deliver(s.sign(s.sequencer.Account, s.batch(lanes)))
	}
	result := Overload{Entries: lanes * batches, HeightsToAccept: s.Height() - before}
	s.AdvanceTo(before + overloadWindow)
	processor := 0.0
	for s.hasPending() {
		took := measure(func() { s.Block() })
		processor += took.processor.Seconds()
		result.HeightsToSettle++
		result.SlowestProcessorMilli = max(result.SlowestProcessorMilli, milliseconds(took.processor))
		result.SlowestClockMilli = max(result.SlowestClockMilli, milliseconds(took.clock))
	}
	result.EntriesAProcessorSec = float64(result.Entries) / processor
	return result
}

func (s *stage) hasPending() bool {
	iterator, err := s.App.RollupKeeper.Pending.Iterate(s.Context(), nil)
	if err != nil {
		s.TB.Fatalf("list pending blocks: %v", err)
	}
	defer func() {
		if err := iterator.Close(); err != nil {
			s.TB.Fatalf("close the list of pending blocks: %v", err)
		}
	}()
	return iterator.Valid()
}
