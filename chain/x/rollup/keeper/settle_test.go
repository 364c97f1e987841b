package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// stage is a network with one of everything, ready for a batch.
type stage struct {
	*scenario.Network
	sequencer *scenario.Operator
	worker    *scenario.Worker
	lane      *scenario.Lane
}

func newStage(t *testing.T, options ...testutil.Option) *stage {
	n := scenario.New(testutil.New(t, options...))
	return &stage{Network: n, sequencer: n.Sequencer("sequencer"), worker: n.Worker("worker"), lane: n.Lane("payer")}
}

func (s *stage) lanes() []*scenario.Lane { return []*scenario.Lane{s.lane} }

func (s *stage) pending(number uint64) *rolluptypes.PendingBlock {
	s.TB.Helper()
	var response rolluptypes.QueryPendingBlockResponse
	s.Query("lamina.rollup.v1.Query/PendingBlock", &rolluptypes.QueryPendingBlockRequest{Term: s.Term, Number: number}, &response)
	return response.Block
}

func TestARowThatCannotBePaidIsVoidWithItsReason(t *testing.T) {
	cases := []struct {
		name    string
		reason  codec.Reason
		spoil   func(s *stage, row *codec.Row)
		between func(s *stage) // after the block is signed, before it is submitted
	}{
		{name: "expired", reason: codec.VoidExpired, spoil: func(s *stage, row *codec.Row) { row.SettleBy = uint64(s.Height()) }},
		{name: "settle_by too far", reason: codec.VoidSettleByTooFar, spoil: func(s *stage, row *codec.Row) { row.SettleBy = uint64(s.Height()) + 302 }},
		{name: "unknown profile", reason: codec.VoidUnknownProfile, spoil: func(_ *stage, row *codec.Row) { row.Profile = 2 }},
		{name: "no items", reason: codec.VoidWrongItems, spoil: func(_ *stage, row *codec.Row) { row.Items, row.Units, row.Charge = 0, 0, 0 }},
		{name: "too many units", reason: codec.VoidWrongUnits, spoil: func(_ *stage, row *codec.Row) { row.Units++ }},
		{name: "too high a charge", reason: codec.VoidWrongCharge, spoil: func(_ *stage, row *codec.Row) { row.Charge++ }},
		{name: "over its ceiling", reason: codec.VoidOverCeiling, spoil: func(_ *stage, row *codec.Row) { row.Ceiling = row.Charge - 1 }},
		{name: "nonce out of range", reason: codec.VoidNonceOutOfRange, spoil: func(_ *stage, row *codec.Row) { row.Nonce = 1 << 20 }},
		{name: "lane exhausted", reason: codec.VoidLaneExhausted, spoil: func(_ *stage, row *codec.Row) {
			row.UnitPrice = 400_000_000
			row.Charge, row.Ceiling = row.Units*row.UnitPrice, row.Units*row.UnitPrice
		}},
		{name: "over the bond's exposure", reason: codec.VoidOverExposure, spoil: func(s *stage, row *codec.Row) {
			s.lane = s.Lane("rich", "9000000000")
			row.Lane, row.UnitPrice = s.lane.ID, 900_000_000
			row.Charge, row.Ceiling = row.Units*row.UnitPrice, row.Units*row.UnitPrice
		}},
		{name: "worker jailed since", reason: codec.VoidWorkerJailed, between: func(s *stage) {
			err := s.ExecuteAsAuthority(&registrytypes.MsgJail{Authority: s.Authority(), OperatorId: s.worker.ID})
			require.NoError(s.TB, err)
		}},
		{name: "incarnation closed since", reason: codec.VoidIncarnationClosed, between: func(s *stage) {
			worker := s.worker.Key.Public()
			s.MustDeliver(s.worker.Account, &rolluptypes.MsgNewIncarnation{Operator: s.worker.Account.String(), Worker: worker[:]})
			s.Advance(10)
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			row := scenario.Answer(s.Job(s.worker, s.lane))
			if c.spoil != nil {
				c.spoil(s, &row)
			}
			block := s.Seal(s.sequencer, s.lanes(), s.worker.Run(row))
			if c.between != nil {
				c.between(s)
			}
			s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block))
			pending := s.pending(1)
			require.Len(t, pending.Exceptions, 1)
			require.EqualValues(t, codec.OutcomeVoid, pending.Exceptions[0].Outcome)
			require.EqualValues(t, c.reason, pending.Exceptions[0].Reason)
			require.Zero(t, pending.Debited)
			s.Advance(12)
			var operator registrytypes.QueryOperatorResponse
			s.Query("lamina.registry.v1.Query/Operator", &registrytypes.QueryOperatorRequest{Id: s.worker.ID}, &operator)
			require.Equal(t, "2", operator.Operator.Debt, "a void row costs its worker the data fee")
			require.Equal(t, scenario.Bond, operator.Operator.Bond, "and never stake (I11)")
		})
	}
}

func TestARevokedLaneCoversWhatWasSignedBefore(t *testing.T) {
	s := newStage(t)
	row := scenario.Answer(s.Job(s.worker, s.lane))
	block := s.Seal(s.sequencer, s.lanes(), s.worker.Run(row))
	s.MustDeliver(s.lane.Payer, &escrowtypes.MsgRevokeLane{Payer: s.lane.Payer.String(), Lane: s.lane.ID})
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block))
	require.Empty(t, s.pending(1).Exceptions, "T68: a lane cannot void what its spender had signed")

	// What is signed to live longer than the revocation leaves is not covered.
	late := scenario.Answer(s.Job(s.worker, s.lane))
	s.Advance(20)
	late.SettleBy = uint64(s.Height()) + 290
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(late))
	require.EqualValues(t, codec.VoidLaneRevoked, s.pending(2).Exceptions[0].Reason)
}

func TestANonceIsPaidOnce(t *testing.T) {
	s := newStage(t)
	other := s.Worker("other")
	row := scenario.Answer(s.Job(s.worker, s.lane))
	again := row
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(row))
	again.Worker = other.Key.Public()
	s.Submit(s.sequencer, s.lanes(), other.Run(again))
	require.EqualValues(t, codec.VoidNonceUsed, s.pending(2).Exceptions[0].Reason)
	// Using a far nonce touches none below it (T68).
	far := scenario.Answer(s.Job(s.worker, s.lane))
	far.Nonce = 900_000
	near := scenario.Answer(s.Job(s.worker, s.lane))
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(far, near))
	require.Empty(t, s.pending(3).Exceptions)
}

func TestWithheldSpenderSignaturesCostThePayer(t *testing.T) {
	s := newStage(t)
	block := s.SealEach(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 2)...))
	before := s.Balance(s.sequencer.Account.Address)
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block))
	pending := s.pending(1)
	require.EqualValues(t, 2*(300+2), pending.Debited)
	require.Equal(t, []*rolluptypes.ExceptionRun{{First: 0, Count: 2, Outcome: 1, Reason: 1}}, pending.Exceptions)
	s.Advance(12)
	require.EqualValues(t, 2*(2+2), s.Balance(s.sequencer.Account.Address).Sub(before).Int64())
}

func TestAForcedRunIsPaidAndItsPrefixIsSkippedLater(t *testing.T) {
	s := newStage(t)
	rows := s.Rows(s.worker, s.lane, 4)
	first := s.worker.Run(rows[:2]...)
	second := s.worker.Run(rows[2:]...)
	// The sequencer has signed a header over all four when the worker forces the first two in (T67).
	block := s.Seal(s.sequencer, s.lanes(), scenario.Join(first, second))
	forcer := s.Account("anybody")
	s.MustDeliver(forcer, s.Force(forcer, s.lanes(), first))
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block))
	require.Equal(t, []*rolluptypes.ExceptionRun{{First: 0, Count: 2, Outcome: 5, Reason: 1}}, s.pending(1).Exceptions)
	require.EqualValues(t, 2*300, s.pending(1).Debited)
	before := s.Balance(s.worker.Account.Address)
	s.Advance(14)
	require.EqualValues(t, 4*(300-2-5), s.Balance(s.worker.Account.Address).Sub(before).Int64(), "each row is paid once (I4)")
	var unserved rolluptypes.QueryUnservedResponse
	s.Query("lamina.rollup.v1.Query/Unserved", &rolluptypes.QueryUnservedRequest{}, &unserved)
	require.Empty(t, unserved.Unserved, "the batch reached the forced count")
	s.MustFail(forcer, rolluptypes.ErrNothingNew, s.Force(forcer, s.lanes(), first))
}

func TestAWhollySettledRunInABatchPaysNothing(t *testing.T) {
	s := newStage(t)
	first := s.worker.Run(s.Rows(s.worker, s.lane, 1)...)
	block := s.Seal(s.sequencer, s.lanes(), first)
	longer := scenario.Join(first, s.worker.Run(s.Rows(s.worker, s.lane, 2)...))
	forcer := s.Account("anybody")
	s.MustDeliver(forcer, s.Force(forcer, s.lanes(), longer))
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block))
	require.Zero(t, s.pending(1).Debited)
	require.EqualValues(t, codec.OutcomeSkipped, s.pending(1).Exceptions[0].Outcome)
}

func TestAForkedLogIsNotPaidTwice(t *testing.T) {
	s := newStage(t)
	rows := s.Rows(s.worker, s.lane, 3)
	fork := *s.worker
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(rows[0]))
	// Another history of the same log, one row longer.
	s.Submit(s.sequencer, s.lanes(), fork.Run(rows[1], rows[2]))
	require.Equal(t, []*rolluptypes.ExceptionRun{
		{First: 0, Count: 1, Outcome: 5, Reason: 1}, {First: 1, Count: 1, Outcome: 2, Reason: uint32(codec.VoidForkedLog)},
	}, s.pending(2).Exceptions)
}
