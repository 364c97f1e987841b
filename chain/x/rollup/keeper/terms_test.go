package keeper_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

func (s *stage) term() *rolluptypes.Term {
	s.TB.Helper()
	var response rolluptypes.QueryTermResponse
	s.Query("lamina.rollup.v1.Query/Term", &rolluptypes.QueryTermRequest{}, &response)
	return response.Term
}

func (s *stage) laneBalance() int64 {
	s.TB.Helper()
	var response escrowtypes.QueryLaneResponse
	s.Query("lamina.escrow.v1.Query/Lane", &escrowtypes.QueryLaneRequest{Id: s.lane.ID}, &response)
	balance, err := strconv.ParseInt(response.Lane.Balance, 10, 64)
	require.NoError(s.TB, err)
	return balance
}

func (s *stage) take(operator *scenario.Operator) *rolluptypes.MsgTakeTerm {
	term := s.term()
	return &rolluptypes.MsgTakeTerm{
		Operator: operator.Account.String(), Term: term.Term + 1, AcceptedNumber: term.AcceptedNumber, AcceptedHash: term.AcceptedHash,
	}
}

func TestATermIsTakenOverWhenAForcedRunStaysUnserved(t *testing.T) {
	s := newStage(t)
	second := s.Sequencer("second")
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...))
	s.MustFail(second.Account, rolluptypes.ErrTakeover, s.take(second))

	forcer := s.Account("anybody")
	s.MustDeliver(forcer, s.Force(forcer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...)))
	s.Advance(18)
	s.MustFail(second.Account, rolluptypes.ErrTakeover, s.take(second))
	s.Advance(2)
	s.MustFail(s.sequencer.Account, rolluptypes.ErrTakeover, s.take(s.sequencer))
	s.MustDeliver(second.Account, s.take(second))
	require.EqualValues(t, 2, s.term().Term)

	// The old term's signed block is dead, the new one builds on what was accepted.
	row := s.worker.Run(s.Rows(s.worker, s.lane, 1)...)
	first, parent := s.Number, s.Parent
	dead := s.Seal(s.sequencer, s.lanes(), row)
	s.MustFail(s.sequencer.Account, rolluptypes.ErrTerm, s.Batch(s.sequencer, first, parent, dead))
	s.Number, s.Parent, s.Term = first, parent, 2
	s.Submit(second, s.lanes(), row)
	require.EqualValues(t, 2, s.term().AcceptedNumber)
}

func TestATermIsTakenOverFromAConvictedSequencer(t *testing.T) {
	s := newStage(t)
	second, reporter := s.Sequencer("second"), s.Account("reporter")
	supply := s.App.BankKeeper.GetSupply(s.Context(), "ulam").Amount
	rows := s.Rows(s.worker, s.lane, 2)
	fork := *s.worker
	first, parent := s.Number, s.Parent
	one := s.Seal(s.sequencer, s.lanes(), s.worker.Run(rows[0]))
	s.Number, s.Parent = first, parent
	two := s.Seal(s.sequencer, s.lanes(), fork.Run(rows[1]))
	key := s.sequencer.Key.Public()
	fault := &rolluptypes.MsgReportHeaderFault{
		Reporter: reporter.String(), SequencerKey: key[:],
		FirstHeader: one.Header(testutil.ChainID, 1, first, parent).Encode(), FirstSignature: one.Signature[:],
		SecondHeader: two.Header(testutil.ChainID, 1, first, parent).Encode(), SecondSignature: two.Signature[:],
	}
	same := *fault
	same.SecondHeader, same.SecondSignature = fault.FirstHeader, fault.FirstSignature
	s.MustFail(reporter, rolluptypes.ErrEvidence, &same)
	before := s.Balance(reporter.Address)
	s.MustDeliver(reporter, fault)
	// A quarter to the reporter, the rest burnt (I16).
	require.EqualValues(t, 1_250_000_000, s.Balance(reporter.Address).Sub(before).Int64())
	require.EqualValues(t, 3_750_000_000, supply.Sub(s.App.BankKeeper.GetSupply(s.Context(), "ulam").Amount).Int64())
	s.MustFail(reporter, registrytypes.ErrAlreadyJudged, fault)
	s.MustDeliver(second.Account, s.take(second))
}

func TestTwoHeadsAtOneCountConvictAndRefund(t *testing.T) {
	s := newStage(t)
	reporter := s.Account("reporter")
	fork := *s.worker
	rows := s.Rows(s.worker, s.lane, 2)
	run := s.worker.Run(rows[0])
	other := fork.Run(rows[1])
	s.Submit(s.sequencer, s.lanes(), run)
	lane := s.laneBalance()
	key := s.worker.Key.Public()
	fault := &rolluptypes.MsgReportHeadFault{
		Reporter: reporter.String(), Worker: key[:], Level: 1, Count: 1,
		First:  &rolluptypes.HeadStatement{Head: s.worker.Head[:], Signature: run.Signature[:]},
		Second: &rolluptypes.HeadStatement{Head: fork.Head[:], Signature: other.Signature[:]},
	}
	wrong := *fault
	wrong.Count = 2
	s.MustFail(reporter, rolluptypes.ErrEvidence, &wrong)
	s.MustDeliver(reporter, fault)
	var final *rolluptypes.EventBlockFinal
	for range 12 {
		for _, event := range testutil.Events[*rolluptypes.EventBlockFinal](s.Chain, s.Block().Events) {
			final = event
		}
	}
	require.NotNil(t, final)
	require.EqualValues(t, 300, final.Record.Refunded)
	require.Equal(t, []*rolluptypes.ExceptionRun{{First: 0, Count: 1, Outcome: 3, Reason: 1}}, final.Exceptions)
	require.EqualValues(t, 300, s.laneBalance()-lane, "refund first")
}

func TestExportIsAFixedPointWithOpenBlocks(t *testing.T) {
	s := newStage(t)
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 2)...))
	s.Advance(12)
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 2)...))
	forcer := s.Account("anybody")
	s.MustDeliver(forcer, s.Force(forcer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...)))
	worker := s.worker.Key.Public()
	s.MustDeliver(s.worker.Account, &rolluptypes.MsgNewIncarnation{Operator: s.worker.Account.String(), Worker: worker[:]})
	testutil.RequireExportFixedPoint(t, s.Chain)
	s.Replay(3)
}

func TestFinalityCarriesOver(t *testing.T) {
	s := newStage(t, testutil.WithModuleGenesis("rollup", `{"params": {"finality_entries_per_block": 2}}`))
	lanes := s.lanes()
	rows := s.Rows(s.worker, s.lane, 1)
	for _, payer := range []string{"a", "b", "c", "d"} {
		lane := s.Lane(payer)
		lanes = append(lanes, lane)
		rows = append(rows, s.Rows(s.worker, lane, 1)...)
	}
	before := s.Balance(s.worker.Account.Address)
	s.Submit(s.sequencer, lanes, s.worker.Run(rows...))
	var paid []int64
	for range 14 {
		s.Block()
		paid = append(paid, s.Balance(s.worker.Account.Address).Sub(before).Int64()/293)
	}
	require.EqualValues(t, []int64{0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 4, 5, 5, 5}, paid)
}
