package indexfacts

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
)

// stage is a recorded chain with its actors.
type stage struct {
	*scenario.Network
	recorded            *recording
	sequencer, second   *scenario.Operator
	first, third, cheat *scenario.Worker
	lane, other, poor   *scenario.Lane
	payers              []testutil.Account
}

// newStage settles two entries a height, so that blocks take several heights to become final.
func newStage(t *testing.T) *stage {
	recorded := &recording{t: t}
	chain := testutil.New(t, testutil.WithRecorder(recorded.add),
		testutil.WithModuleGenesis("rollup", `{"params": {"finality_entries_per_block": 2}}`))
	n := scenario.New(chain)
	s := &stage{Network: n, recorded: recorded, sequencer: n.Sequencer("sequencer"), second: n.Sequencer("second")}
	s.first, s.third, s.cheat = n.Worker("first"), n.Worker("third"), n.Worker("cheat")
	s.lane, s.other, s.poor = n.Lane("payer"), n.Lane("other"), n.Lane("poor", "1000")
	s.payers = []testutil.Account{s.lane.Payer, s.other.Payer, s.poor.Payer}
	return s
}

func (s *stage) lanes() []*scenario.Lane { return []*scenario.Lane{s.lane, s.other, s.poor} }

func (s *stage) submit(runs ...scenario.Run) { s.Submit(s.sequencer, s.lanes(), runs...) }

// spoilt is a valid row with something changed.
func (s *stage) spoilt(worker *scenario.Worker, lane *scenario.Lane, spoil func(*codec.Row)) codec.Row {
	row := scenario.Answer(s.Job(worker, lane))
	spoil(&row)
	return row
}

// laneUntil opens a lane of the first payer that ends soon.
func (s *stage) laneUntil(end uint64) *scenario.Lane {
	lane := &scenario.Lane{Payer: s.lane.Payer, Spender: scenario.NewKey("short spender")}
	public, expires := lane.Spender.Public(), uint64(s.Height())+50
	statement, err := codec.PossessStatement(testutil.ChainID, codec.RoleSpender, public[:], lane.Payer.String(), expires)
	require.NoError(s.TB, err)
	signature := lane.Spender.Sign(statement)
	result := s.MustDeliver(lane.Payer,
		&escrowtypes.MsgDeposit{Payer: lane.Payer.String(), Amount: "5000"},
		&escrowtypes.MsgOpenLane{
			Payer: lane.Payer.String(), SpenderKey: public[:], Possession: signature[:], PossessionExpires: expires, Limit: "4000", EndHeight: end,
			Levels: []uint32{uint32(codec.LevelOptimistic)}, Models: [][]byte{s.Model[:]},
		})
	var response escrowtypes.MsgOpenLaneResponse
	s.Response(result, 1, &response)
	lane.ID = response.Lane
	return lane
}
