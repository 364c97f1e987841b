package indexfacts

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

const workerRole = registrytypes.OperatorRole_OPERATOR_ROLE_WORKER

type facts struct {
	ChainID string           `json:"chainId"`
	Genesis json.RawMessage  `json:"genesis"`
	Heights []recordedHeight `json:"heights"`
	State   answers          `json:"state"`
}

func TestIndexFacts(t *testing.T) {
	s := newStage(t)
	s.register()
	s.plain()
	s.void()
	s.individuallySigned()
	s.forced()
	s.money()
	s.keysAndIncarnations()
	s.convicted()
	s.takenOver()
	s.Advance(30)
	// The last rows stay pending.
	s.Submit(s.second, s.lanes(), s.first.Run(s.Rows(s.first, s.lane, 3)...))
	made := facts{ChainID: testutil.ChainID, Genesis: s.genesis(), Heights: s.recorded.Heights, State: askState(s)}
	require.EqualValues(t, s.Height(), len(made.Heights))
	if path := os.Getenv("LAMINA_INDEX_FACTS"); path != "" {
		written, err := json.Marshal(made)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, written, 0o600))
	}
}

func (s *stage) genesis() json.RawMessage {
	document, err := s.Genesis.ToGenesisDoc()
	require.NoError(s.TB, err)
	encoded, err := cmtjson.Marshal(document)
	require.NoError(s.TB, err)
	return encoded
}

// register gives one manifest two versions, adds a second model, and lets a message fail.
func (s *stage) register() {
	publisher := s.Account("publisher")
	s.MustDeliver(publisher, &registrytypes.MsgRegisterModel{Publisher: publisher.String(), Manifest: scenario.Manifest("tiny"), Version: "2"})
	s.MustDeliver(publisher, &registrytypes.MsgRegisterModel{Publisher: publisher.String(), Manifest: scenario.Manifest("small"), Version: "1"})
	s.Deliver(publisher, &registrytypes.MsgRegisterModel{Publisher: publisher.String(), Manifest: []byte("none"), Version: "1"})
	s.MustDeliver(s.third.Account, &registrytypes.MsgUpdateOperator{
		Operator: s.third.Account.String(), Role: workerRole, NatsKey: scenario.NATSKey("third"), Region: "eu", Capabilities: []string{"cpu"},
		Offers: []*registrytypes.Offer{{ModelId: s.Model[:], UnitPrice: math.MaxUint64}},
	})
}

// plain pays rows of two workers and three lanes, also in a batch of two blocks that is posted twice.
func (s *stage) plain() {
	s.submit(s.first.Run(s.Rows(s.first, s.lane, 3)...), s.third.Run(append(s.Rows(s.third, s.lane, 1), s.Rows(s.third, s.other, 2)...)...))
	number, parent := s.Number, s.Parent
	one := s.Seal(s.sequencer, s.lanes(), s.first.Run(s.Rows(s.first, s.other, 2)...))
	two := s.Seal(s.sequencer, s.lanes(), s.first.Run(s.Rows(s.first, s.lane, 1)...), s.third.Run(s.Rows(s.third, s.poor, 1)...))
	batch := s.Batch(s.sequencer, number, parent, one, two)
	s.MustDeliver(s.sequencer.Account, batch)
	s.MustDeliver(s.sequencer.Account, batch)
}

func (s *stage) void() {
	rows := []codec.Row{scenario.Answer(s.Job(s.first, s.lane))}
	for _, spoil := range []func(*codec.Row){
		func(row *codec.Row) { row.SettleBy = uint64(s.Height()) },
		func(row *codec.Row) { row.SettleBy = math.MaxUint64 },
		func(row *codec.Row) { row.Profile = math.MaxUint16 },
		func(row *codec.Row) { row.Items = math.MaxUint32 },
		func(row *codec.Row) { row.Units++ },
		func(row *codec.Row) { row.Charge = math.MaxUint64 },
		func(row *codec.Row) { row.Ceiling = row.Charge - 1 },
		func(row *codec.Row) { row.Nonce = math.MaxUint32 },
		func(row *codec.Row) { row.Nonce = rows[0].Nonce; row.SettleBy = rows[0].SettleBy },
		func(row *codec.Row) {
			row.UnitPrice = 900_000_000
			row.Charge, row.Ceiling = row.Units*row.UnitPrice, row.Units*row.UnitPrice
		},
	} {
		rows = append(rows, s.spoilt(s.first, s.lane, spoil))
	}
	// The poor lane pays for two rows more and not for a third.
	rows = append(rows, s.Rows(s.first, s.poor, 3)...)
	s.withoutOverflow(rows)
	forker := s.Worker("forker")
	fork := *forker
	s.submit(forker.Run(s.Rows(forker, s.lane, 1)...))
	s.submit(fork.Run(s.Rows(forker, s.lane, 2)...))
}

// withoutOverflow submits rows in blocks whose charges add up inside 64 bits.
func (s *stage) withoutOverflow(rows []codec.Row) {
	for len(rows) > 0 {
		sum, count := uint64(0), 0
		for count < len(rows) && sum+rows[count].Charge >= sum {
			sum += rows[count].Charge
			count++
		}
		s.submit(s.first.Run(rows[:count]...))
		rows = rows[count:]
	}
}

func (s *stage) individuallySigned() {
	number, parent := s.Number, s.Parent
	dear := s.spoilt(s.first, s.other, func(row *codec.Row) { row.Ceiling = row.Charge })
	rows := append(s.Rows(s.first, s.lane, 2), dear, scenario.Answer(s.Job(s.first, s.other)))
	block := s.SealEach(s.sequencer, s.lanes(), s.first.Run(rows...))
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, number, parent, block))
}

// forced brings two rows in past the sequencer that has signed a header over all four, and one that was never in a block.
func (s *stage) forced() {
	rows := s.Rows(s.first, s.lane, 4)
	begin, rest := s.first.Run(rows[:2]...), s.first.Run(rows[2:]...)
	number, parent := s.Number, s.Parent
	block := s.Seal(s.sequencer, s.lanes(), scenario.Join(begin, rest))
	anybody := s.Account("anybody")
	s.MustDeliver(anybody, s.Force(anybody, s.lanes(), begin))
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, number, parent, block))
}

func (s *stage) money() {
	payer, other := s.lane.Payer.String(), s.other.Payer.String()
	s.MustDeliver(s.lane.Payer, &escrowtypes.MsgDeposit{Payer: payer, Amount: "777"}, &escrowtypes.MsgTopUpLane{Payer: payer, Lane: s.lane.ID, Amount: "77"},
		&escrowtypes.MsgRequestWithdrawal{Payer: payer, Amount: "500"})
	s.MustDeliver(s.other.Payer, &escrowtypes.MsgRevokeLane{Payer: other, Lane: s.other.ID})
	late := scenario.Answer(s.Job(s.first, s.other))
	s.Advance(5)
	late.SettleBy = uint64(s.Height()) + 299
	s.submit(s.first.Run(late))
}

func (s *stage) keysAndIncarnations() {
	third := s.third.Key.Public()
	s.MustDeliver(s.third.Account, &rolluptypes.MsgNewIncarnation{Operator: s.third.Account.String(), Worker: third[:]})
	s.Advance(10)
	s.submit(s.third.Run(s.Rows(s.third, s.lane, 1)...))
	s.third.Incarnation, s.third.Count = 1, 0
	s.third.Head = codec.StartHead(testutil.ChainID, codec.LogID{Worker: third, Level: codec.LevelOptimistic, Incarnation: 1})
	s.submit(s.third.Run(s.Rows(s.third, s.lane, 1)...))

	rotated := scenario.NewKey("rotated")
	public, expires := rotated.Public(), uint64(s.Height())+50
	statement, err := codec.PossessStatement(testutil.ChainID, codec.RoleWorker, public[:], s.first.Account.String(), expires)
	require.NoError(s.TB, err)
	signature := rotated.Sign(statement)
	s.MustDeliver(s.first.Account, &registrytypes.MsgRotateKey{
		Operator: s.first.Account.String(), Role: workerRole, SigningKey: public[:], Possession: signature[:], PossessionExpires: expires,
	})
	renewed := &scenario.Worker{Operator: &scenario.Operator{Account: s.first.Account, Key: rotated, ID: s.first.ID}}
	renewed.Head = codec.StartHead(testutil.ChainID, codec.LogID{Worker: public, Level: codec.LevelOptimistic})
	// The old key's log still settles beside the new one's.
	s.submit(s.first.Run(s.Rows(s.first, s.lane, 1)...), renewed.Run(s.Rows(renewed, s.lane, 2)...))
	s.first = renewed
}

// convicted lets a worker sign two heads while rows of it wait, one of them paid by a lane that closes before they are final.
func (s *stage) convicted() {
	short := s.laneUntil(uint64(s.Height()) + 6)
	row := scenario.Answer(s.Job(s.cheat, short))
	row.SettleBy = uint64(s.Height()) + 4
	number, parent := s.Number, s.Parent
	lanes := append(s.lanes(), short)
	block := s.SealEach(s.sequencer, lanes, s.cheat.Run(append(s.Rows(s.cheat, s.lane, 2), row)...), s.first.Run(s.Rows(s.first, s.lane, 1)...))
	s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, number, parent, block))
	s.MustDeliver(s.Account("anybody"), s.headFault())
	s.submit(s.cheat.Run(s.Rows(s.cheat, s.lane, 1)...))
	s.Advance(3)
	s.MustDeliver(short.Payer, &escrowtypes.MsgCloseLane{Sender: short.Payer.String(), Lane: short.ID})
	s.Advance(15)
}

func (s *stage) headFault() *rolluptypes.MsgReportHeadFault {
	worker := s.cheat.Key.Public()
	log := codec.LogID{Worker: worker, Level: codec.LevelOptimistic}
	statement := func(head codec.Digest) *rolluptypes.HeadStatement {
		signature := s.cheat.Key.Sign(codec.HeadStatement(testutil.ChainID, log, 9, head))
		return &rolluptypes.HeadStatement{Head: head[:], Signature: signature[:]}
	}
	return &rolluptypes.MsgReportHeadFault{
		Reporter: s.Account("anybody").String(), Worker: worker[:], Level: uint32(codec.LevelOptimistic), Count: 9,
		First: statement(codec.Digest{1}), Second: statement(codec.Digest{2}),
	}
}

// takenOver leaves a forced run unserved until the second sequencer takes the term, and lets a worker unbond.
func (s *stage) takenOver() {
	anybody := s.Account("anybody")
	s.MustDeliver(anybody, s.Force(anybody, s.lanes(), s.first.Run(s.Rows(s.first, s.lane, 2)...)))
	s.Advance(21)
	var current rolluptypes.QueryTermResponse
	s.Query("lamina.rollup.v1.Query/Term", &rolluptypes.QueryTermRequest{}, &current)
	s.MustDeliver(s.second.Account, &rolluptypes.MsgTakeTerm{
		Operator: s.second.Account.String(), Term: 2, AcceptedNumber: current.Term.AcceptedNumber, AcceptedHash: current.Term.AcceptedHash,
	})
	s.Term = 2
	s.Submit(s.second, s.lanes(), s.first.Run(s.Rows(s.first, s.lane, 2)...))
	s.MustDeliver(s.third.Account, &registrytypes.MsgUnbond{Operator: s.third.Account.String(), Role: workerRole})
	s.Advance(420)
}
