package keeper_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

const sequencerRole = registrytypes.OperatorRole_OPERATOR_ROLE_SEQUENCER

// rotate gives an operator a new signing key.
func (s *stage) rotate(operator *scenario.Operator, role registrytypes.OperatorRole, name string) {
	s.TB.Helper()
	key := scenario.NewKey(name)
	public, expires := key.Public(), uint64(s.Height())+50
	statement, err := codec.PossessStatement(testutil.ChainID, codec.Role(role), public[:], operator.Account.String(), expires)
	require.NoError(s.TB, err)
	signature := key.Sign(statement)
	s.MustDeliver(operator.Account, &registrytypes.MsgRotateKey{
		Operator: operator.Account.String(), Role: role, SigningKey: public[:], Possession: signature[:], PossessionExpires: expires,
	})
	operator.Key = key
}

// However many logs wait to be served, taking the term costs the same: a sequencer cannot bury its successor (T40, T50).
func TestATakeoverCostsTheSameHoweverManyLogsWait(t *testing.T) {
	gasWith := func(logs int) int64 {
		s := newStage(t)
		second, forcer := s.Sequencer("second"), s.Account("anybody")
		for i := range logs {
			worker := s.Worker(fmt.Sprint("worker ", i))
			s.MustDeliver(forcer, s.Force(forcer, s.lanes(), worker.Run(s.Rows(worker, s.lane, 1)...)))
		}
		s.Advance(20)
		return s.MustDeliver(second.Account, s.take(second)).GasUsed
	}
	require.InDelta(t, gasWith(1), gasWith(12), 300, "but for the length of numbers")
}

// The clocks of what the old term left start anew with the term.
func TestATakeoverGivesTheNewTermItsWholeTime(t *testing.T) {
	s := newStage(t)
	second, forcer := s.Sequencer("second"), s.Account("anybody")
	s.MustDeliver(forcer, s.Force(forcer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...)))
	s.Advance(20)
	s.MustDeliver(second.Account, s.take(second))
	taken := uint64(s.Height())
	var unserved rolluptypes.QueryUnservedResponse
	s.Query("lamina.rollup.v1.Query/Unserved", &rolluptypes.QueryUnservedRequest{}, &unserved)
	require.Len(t, unserved.Unserved, 1)
	require.Equal(t, taken, unserved.Unserved[0].SinceHeight)
	s.AdvanceTo(int64(taken) + 18)
	s.MustFail(s.sequencer.Account, rolluptypes.ErrTakeover, s.take(s.sequencer))
	s.MustDeliver(s.sequencer.Account, s.take(s.sequencer))
}

// A sequencer that rotates its key takes the next term under it, and cannot win time for what it leaves unserved (T64).
func TestARotatedSequencerRenewsItsTerm(t *testing.T) {
	s := newStage(t)
	second, forcer := s.Sequencer("second"), s.Account("anybody")
	s.Submit(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...))
	s.MustDeliver(forcer, s.Force(forcer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...)))
	forced := s.Height()
	s.Advance(10)
	s.MustFail(s.sequencer.Account, rolluptypes.ErrTakeover, s.take(s.sequencer))
	s.rotate(s.sequencer, sequencerRole, "new key")
	s.MustDeliver(s.sequencer.Account, s.take(s.sequencer))
	s.Term = 2
	public := s.sequencer.Key.Public()
	require.Equal(t, public[:], s.term().Key)
	other := s.Worker("other")
	s.Submit(s.sequencer, s.lanes(), other.Run(s.Rows(other, s.lane, 1)...))
	s.AdvanceTo(forced + 19)
	s.MustDeliver(second.Account, s.take(second))
	require.EqualValues(t, 3, s.term().Term)
}

// Who has nothing to be paid for cannot keep a sequencer busy.
func TestAForcedRunThatPaysNobodyMarksNothing(t *testing.T) {
	s := newStage(t)
	row := scenario.Answer(s.Job(s.worker, s.lane))
	row.SettleBy = uint64(s.Height())
	forcer := s.Account("anybody")
	s.MustDeliver(forcer, s.Force(forcer, s.lanes(), s.worker.Run(row)))
	var unserved rolluptypes.QueryUnservedResponse
	s.Query("lamina.rollup.v1.Query/Unserved", &rolluptypes.QueryUnservedRequest{}, &unserved)
	require.Empty(t, unserved.Unserved)
}
