package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

func forked(first, count uint32) *rolluptypes.ExceptionRun {
	return &rolluptypes.ExceptionRun{First: first, Count: count, Outcome: uint32(codec.OutcomeVoid), Reason: uint32(codec.VoidForkedLog)}
}

// A run that starts where the log stands must continue its head, as one that overlaps it must (T29).
func TestARunOfAnotherHistoryIsForkedWhereItStarts(t *testing.T) {
	s := newStage(t)
	rows := s.Rows(s.worker, s.lane, 3)
	fork := *s.worker
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(rows[0]))
	fork.Run(rows[1])
	s.Submit(s.sequencer, s.lanes(), fork.Run(rows[2]))
	require.Equal(t, []*rolluptypes.ExceptionRun{forked(0, 1)}, s.pending(2).Exceptions)
	// Neither history goes on.
	s.Submit(s.sequencer, s.lanes(), fork.Run(s.Rows(s.worker, s.lane, 1)...))
	require.Equal(t, []*rolluptypes.ExceptionRun{forked(0, 1)}, s.pending(3).Exceptions)
}

func TestAFirstRunMustStartAtTheStartHead(t *testing.T) {
	s := newStage(t)
	s.worker.Head[0] ^= 1
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...))
	require.Equal(t, []*rolluptypes.ExceptionRun{forked(0, 1)}, s.pending(1).Exceptions)
}

// A worker that forks its log by force, after an honest sequencer has signed blocks of the other history, voids its own
// rows and halts nobody: no later block meets a gap (T67).
func TestAForkNeverRejectsBlocksSignedBefore(t *testing.T) {
	s := newStage(t)
	rows := s.Rows(s.worker, s.lane, 4)
	fork := *s.worker
	first, parent := s.Number, s.Parent
	blocks := []codec.PostedBlock{
		s.Seal(s.sequencer, s.lanes(), s.worker.Run(rows[0], rows[1])),
		s.Seal(s.sequencer, s.lanes(), s.worker.Run(rows[2])),
	}
	forcer := s.Account("anybody")
	s.MustDeliver(forcer, s.Force(forcer, s.lanes(), fork.Run(rows[3])))
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, first, parent, blocks...))
	skipped := &rolluptypes.ExceptionRun{First: 0, Count: 1, Outcome: uint32(codec.OutcomeSkipped), Reason: 1}
	require.Equal(t, []*rolluptypes.ExceptionRun{skipped, forked(1, 1)}, s.pending(1).Exceptions)
	require.Equal(t, []*rolluptypes.ExceptionRun{forked(0, 1)}, s.pending(2).Exceptions)
	s.Advance(14)
	testutil.RequireExportFixedPoint(t, s.Chain)
}

// A sequencer that states an old reference height cannot void rows that were signed within the horizon.
func TestAnOldReferenceHeightVoidsNothing(t *testing.T) {
	s := newStage(t)
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...))
	reference := uint64(s.Height())
	s.Advance(5)
	row := scenario.Answer(s.Job(s.worker, s.lane))
	row.SettleBy = uint64(s.Height()) + 300
	s.ReferenceHeight = reference
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(row))
	require.Equal(t, reference, s.term().AcceptedReference)
	require.Empty(t, s.pending(2).Exceptions)
}
