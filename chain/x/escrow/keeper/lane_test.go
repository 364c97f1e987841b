package keeper_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	gogoproto "github.com/cosmos/gogoproto/proto"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

func TestALaneHoldsPartOfADeposit(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.open(alice, "spender")
	lane := f.lane(id)
	public := scenario.NewKey("spender").Public()
	require.Equal(t, types.Lane{
		Id: 1, Payer: alice.String(), SpenderKey: public[:], Balance: "100", EndHeight: uint64(f.Height()) + 49,
		Levels: []uint32{1}, RegisteredHeight: uint64(f.Height()),
	}, lane)
	require.Equal(t, "900", f.free(alice).Balance)
	f.MustFail(alice, types.ErrDepositTooSmall, &types.MsgTopUpLane{Payer: alice.String(), Lane: id, Amount: "901"})
	f.MustDeliver(alice, &types.MsgTopUpLane{Payer: alice.String(), Lane: id, Amount: "900"})
	require.Equal(t, "1000", f.lane(id).Balance)
	require.Equal(t, "0", f.free(alice).Balance)
	// Only the lane counts as cover: what is in it cannot be withdrawn or promised again.
	f.MustFail(alice, types.ErrDepositTooSmall, &types.MsgRequestWithdrawal{Payer: alice.String(), Amount: "1"})
	f.MustFail(alice, types.ErrDepositTooSmall, f.opening(alice, "another"))
}

func TestRefusedLanes(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	alice, bob := accounts[0], accounts[1]
	f.open(alice, "in use")
	f.registerWorker(bob, "a worker's")
	model := codec.ModelID(scenario.Manifest("tiny"))
	cases := map[string]struct {
		expected error
		spoil    func(*types.MsgOpenLane)
	}{
		"more than the deposit":      {types.ErrDepositTooSmall, func(m *types.MsgOpenLane) { m.Limit = "901" }},
		"an end that has passed":     {types.ErrLaneEnd, func(m *types.MsgOpenLane) { m.EndHeight = uint64(f.Height()) + 1 }},
		"no level":                   {types.ErrLaneTerms, func(m *types.MsgOpenLane) { m.Levels = nil }},
		"level 0":                    {types.ErrLaneTerms, func(m *types.MsgOpenLane) { m.Levels = []uint32{0} }},
		"level 5":                    {types.ErrLaneTerms, func(m *types.MsgOpenLane) { m.Levels = []uint32{5} }},
		"levels in falling order":    {types.ErrLaneTerms, func(m *types.MsgOpenLane) { m.Levels = []uint32{2, 1} }},
		"a model of 31 bytes":        {types.ErrLaneTerms, func(m *types.MsgOpenLane) { m.Models = [][]byte{model[:31]} }},
		"one model twice":            {types.ErrLaneTerms, func(m *types.MsgOpenLane) { m.Models = [][]byte{model[:], model[:]} }},
		"33 models":                  {types.ErrLaneTerms, func(m *types.MsgOpenLane) { m.Models = make([][]byte, 33) }},
		"another lane's key":         {types.ErrKeyUsed, f.withKey(alice, "in use")},
		"a worker's key":             {types.ErrKeyUsed, f.withKey(alice, "a worker's")},
		"a key of small order":       {registrytypes.ErrKey, func(m *types.MsgOpenLane) { m.SpenderKey = make([]byte, 32) }},
		"no key":                     {registrytypes.ErrKey, func(m *types.MsgOpenLane) { m.SpenderKey = nil }},
		"possession of another key":  {registrytypes.ErrPossession, func(m *types.MsgOpenLane) { m.Possession, _ = f.possess(codec.RoleSpender, "other", alice) }},
		"possession of another role": {registrytypes.ErrPossession, func(m *types.MsgOpenLane) { m.Possession, _ = f.possess(codec.RoleWorker, "new", alice) }},
		"possession shown to bob":    {registrytypes.ErrPossession, func(m *types.MsgOpenLane) { m.Possession, _ = f.possess(codec.RoleSpender, "new", bob) }},
		"possession that expired":    {registrytypes.ErrPossession, func(m *types.MsgOpenLane) { m.PossessionExpires = uint64(f.Height()) }},
	}
	for name, test := range cases {
		t.Run(name, func(*testing.T) {
			message := f.opening(alice, "new")
			test.spoil(message)
			f.MustFail(alice, test.expected, message)
		})
	}
	require.Equal(t, "900", f.free(alice).Balance)
	f.MustDeliver(alice, f.opening(alice, "new"))
}

func (f *fixture) withKey(account testutil.Account, keyName string) func(*types.MsgOpenLane) {
	return func(m *types.MsgOpenLane) {
		other := f.opening(account, keyName)
		m.SpenderKey, m.Possession, m.PossessionExpires = other.SpenderKey, other.Possession, other.PossessionExpires
	}
}

func (f *fixture) registerWorker(account testutil.Account, keyName string) {
	f.TB.Helper()
	public := scenario.NewKey(keyName).Public()
	signature, expires := f.possess(codec.RoleWorker, keyName, account)
	f.MustDeliver(account, &registrytypes.MsgRegisterOperator{
		Operator: account.String(), Role: registrytypes.OperatorRole_OPERATOR_ROLE_WORKER, SigningKey: public[:],
		Possession: signature, PossessionExpires: expires, Bond: "1000000000", NatsKey: scenario.NATSKey(keyName),
	})
}

// Revoking leaves one horizon to what was signed before, and never lengthens a lane (T68).
func TestARevokedLaneEndsAHorizonLater(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	f.deposit(alice, 1_000)
	short, long := f.opening(alice, "short"), f.opening(alice, "long")
	long.EndHeight = 100_000
	f.MustDeliver(alice, short, long)
	revoke := func(id uint64) uint64 {
		var response types.MsgRevokeLaneResponse
		f.Response(f.MustDeliver(alice, &types.MsgRevokeLane{Payer: alice.String(), Lane: id}), 0, &response)
		return response.EndHeight
	}
	require.Equal(t, short.EndHeight, revoke(1))
	end := revoke(2)
	require.Equal(t, uint64(f.Height())+300, end)
	require.True(t, f.lane(2).Revoked)
	require.Equal(t, end, revoke(2), "a second revocation moves nothing")
	require.Equal(t, end, f.lane(2).EndHeight)
}

func TestALaneIsClosedAfterItsEnd(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	alice, bob := accounts[0], accounts[1]
	mine, theirs := f.open(alice, "one"), f.open(alice, "two")
	end := int64(f.lane(mine).EndHeight)
	closing := func(sender testutil.Account, lane uint64) *types.MsgCloseLane {
		return &types.MsgCloseLane{Sender: sender.String(), Lane: lane}
	}
	f.AdvanceTo(end - 1)
	f.MustFail(alice, types.ErrLaneEnd, closing(alice, mine))
	var response types.MsgCloseLaneResponse
	f.Response(f.MustDeliver(alice, closing(alice, mine)), 0, &response)
	require.Equal(t, "100", response.Returned)
	require.Equal(t, "1900", f.free(alice).Balance)
	require.True(t, f.lane(mine).Closed)
	f.MustFail(alice, types.ErrLaneClosed, closing(alice, mine))
	f.MustFail(alice, types.ErrLaneClosed, &types.MsgTopUpLane{Payer: alice.String(), Lane: mine, Amount: "1"})
	f.MustFail(alice, types.ErrLaneClosed, &types.MsgRevokeLane{Payer: alice.String(), Lane: mine})
	f.MustFail(alice, types.ErrLaneUnknown, closing(alice, 99))

	// Anybody frees what a payer forgot, one grace later.
	end = int64(f.lane(theirs).EndHeight)
	f.AdvanceTo(end + 49)
	f.MustFail(bob, types.ErrLaneEnd, closing(bob, theirs))
	f.MustDeliver(bob, closing(bob, theirs))
	require.Equal(t, "2000", f.free(alice).Balance)
}

func TestAnEndedLaneTakesNoMore(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.open(alice, "spender")
	f.AdvanceTo(int64(f.lane(id).EndHeight))
	f.MustFail(alice, types.ErrLaneEnd, &types.MsgTopUpLane{Payer: alice.String(), Lane: id, Amount: "1"})
}

// An end near 2^64 must not wrap around into one that has passed.
func TestALaneWithoutEndStaysOpen(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	alice, bob := accounts[0], accounts[1]
	f.deposit(alice, 100)
	opening := f.opening(alice, "spender")
	opening.EndHeight = math.MaxUint64
	f.MustDeliver(alice, opening)
	f.AdvanceTo(60)
	f.MustFail(bob, types.ErrLaneEnd, &types.MsgCloseLane{Sender: bob.String(), Lane: 1})
	f.MustFail(alice, types.ErrLaneEnd, &types.MsgCloseLane{Sender: alice.String(), Lane: 1})
}

func TestLanesAreListedByPayer(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	for index, account := range []testutil.Account{accounts[0], accounts[1], accounts[0]} {
		f.open(account, "spender "+strconv.Itoa(index))
	}
	count := func(payer string) int {
		var response types.QueryLanesResponse
		f.Query("lamina.escrow.v1.Query/Lanes", &types.QueryLanesRequest{Payer: payer}, &response)
		for _, lane := range response.Lanes {
			require.Equal(t, "100", lane.Balance)
		}
		return len(response.Lanes)
	}
	require.Equal(t, 2, count(accounts[0].String()))
	require.Equal(t, 1, count(accounts[1].String()))
	require.Equal(t, 3, count(""))
}

func TestEveryMessageIsTheSignersOwn(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	lane := f.open(alice, "spender")
	f.RequireSignersChecked("lamina.escrow.v1.Msg",
		depositOf(alice, 1),
		&types.MsgRequestWithdrawal{Payer: alice.String(), Amount: "1"},
		f.opening(alice, "another"),
		&types.MsgTopUpLane{Payer: alice.String(), Lane: lane, Amount: "1"},
		&types.MsgRevokeLane{Payer: alice.String(), Lane: lane},
		&types.MsgCloseLane{Sender: alice.String(), Lane: lane},
		&types.MsgUpdateParams{Authority: f.Authority(), Params: types.DefaultParams()},
	)
	mallory := f.Account("mallory")
	f.deposit(mallory, 10)
	for _, message := range []sdk.Msg{
		&types.MsgTopUpLane{Payer: mallory.String(), Lane: lane, Amount: "1"},
		&types.MsgRevokeLane{Payer: mallory.String(), Lane: lane},
		&types.MsgUpdateParams{Authority: mallory.String(), Params: types.DefaultParams()},
	} {
		t.Run(gogoproto.MessageName(message), func(*testing.T) { f.MustFail(mallory, types.ErrUnauthorized, message) })
	}
}
