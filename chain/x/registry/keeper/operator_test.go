package keeper_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	gogoproto "github.com/cosmos/gogoproto/proto"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

func TestAnOperatorRegistersWithItsBond(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	result := f.MustDeliver(alice, f.registration(alice, worker, "alice"))
	var response types.MsgRegisterOperatorResponse
	f.Response(result, 0, &response)

	operator := f.operator(response.Id)
	require.Equal(t, active, operator.Status)
	require.Equal(t, "1000000000", operator.Bond)
	require.Equal(t, uint64(f.Height()), operator.RegisteredHeight)
	require.Equal(t, "0", operator.Debt)
	require.Equal(t, "0", operator.OpenValue)
	require.EqualValues(t, bondMin, f.ModuleBalance(types.ModuleName).Int64())
	require.EqualValues(t, testutil.AccountBalance-bondMin, f.Balance(alice.Address).Int64())
	require.Equal(t, response.Id, f.signingKey("alice").OperatorId)
	events := testutil.Events[*types.EventOperator](f.Chain, result.Events)
	require.Len(t, events, 1)
	require.Equal(t, types.ChangeRegistered, events[0].Change)
	require.Equal(t, operator, *events[0].Operator)
}

func TestOneAccountHoldsOneOperatorOfEachRole(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	first := f.register(alice, worker, "one")
	second := f.register(alice, sequencer, "two")
	require.Equal(t, first+1, second)
	f.MustFail(alice, types.ErrOperatorExists, f.registration(alice, worker, "three"))
}

// Every refusal must leave nothing behind (T37): the last, valid registration finds the account as it was.
func TestRefusedRegistrations(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob", "payer")
	alice, bob, payer := accounts[0], accounts[1], accounts[2]
	f.register(bob, worker, "bob")
	f.lane(payer, "a lane's")
	other := scenario.Manifest("never-registered")
	unknownModel := codec.ModelID(other)

	cases := []struct {
		name     string
		expected error
		spoil    func(*types.MsgRegisterOperator)
	}{
		{"no role", types.ErrRole, func(m *types.MsgRegisterOperator) { m.Role = 0 }},
		{"a role that does not exist", types.ErrRole, func(m *types.MsgRegisterOperator) { m.Role = 3 }},
		{"a bond of nothing", types.ErrAmount, func(m *types.MsgRegisterOperator) { m.Bond = "" }},
		{"a bond of zero", types.ErrAmount, func(m *types.MsgRegisterOperator) { m.Bond = "0" }},
		{"a negative bond", types.ErrAmount, func(m *types.MsgRegisterOperator) { m.Bond = "-1000000000" }},
		{"a bond with a sign", types.ErrAmount, func(m *types.MsgRegisterOperator) { m.Bond = "+1000000000" }},
		{"a bond with a leading zero", types.ErrAmount, func(m *types.MsgRegisterOperator) { m.Bond = "01000000000" }},
		{"a bond in powers", types.ErrAmount, func(m *types.MsgRegisterOperator) { m.Bond = "1e9" }},
		{"a bond of 2^64", types.ErrAmount, func(m *types.MsgRegisterOperator) { m.Bond = "18446744073709551616" }},
		{"one ulam too little", types.ErrBondTooSmall, func(m *types.MsgRegisterOperator) { m.Bond = "999999999" }},
		{"more than it has", sdkerrors.ErrInsufficientFunds, func(m *types.MsgRegisterOperator) { m.Bond = "18446744073709551615" }},
		{"a key of 31 bytes", types.ErrKey, func(m *types.MsgRegisterOperator) { m.SigningKey = m.SigningKey[:31] }},
		{"a key of small order", types.ErrKey, func(m *types.MsgRegisterOperator) { m.SigningKey = make([]byte, 32) }},
		{"another operator's key", types.ErrKeyUsed, f.withKey(alice, worker, "bob")},
		{"a lane's key", types.ErrKeyUsed, f.withKey(alice, worker, "a lane's")},
		{"another key than possession was shown of", types.ErrPossession, func(m *types.MsgRegisterOperator) {
			public := scenario.NewKey("other").Public()
			m.SigningKey = public[:]
		}},
		{"possession shown to another account", types.ErrPossession, func(m *types.MsgRegisterOperator) {
			m.Possession, m.PossessionExpires = f.possess(codec.RoleWorker, scenario.NewKey("alice"), bob)
		}},
		{"possession for another role", types.ErrPossession, func(m *types.MsgRegisterOperator) {
			m.Possession, m.PossessionExpires = f.possess(codec.RoleSequencer, scenario.NewKey("alice"), alice)
		}},
		{"possession with another expiry", types.ErrPossession, func(m *types.MsgRegisterOperator) { m.PossessionExpires++ }},
		{"possession that has expired", types.ErrPossession, f.expired(alice, "alice")},
		{"no possession", types.ErrPossession, func(m *types.MsgRegisterOperator) { m.Possession = nil }},
		{"a worker without a NATS key", types.ErrDescription, func(m *types.MsgRegisterOperator) { m.NatsKey = "" }},
		{"a NATS key with another checksum", types.ErrDescription, func(m *types.MsgRegisterOperator) { m.NatsKey = m.NatsKey[:55] + flipped(m.NatsKey[55]) }},
		{"a NATS account key", types.ErrDescription, func(m *types.MsgRegisterOperator) { m.NatsKey = "A" + m.NatsKey[1:] }},
		{"a region in upper case", types.ErrDescription, func(m *types.MsgRegisterOperator) { m.Region = "EU" }},
		{"a region of 33 letters", types.ErrDescription, func(m *types.MsgRegisterOperator) { m.Region = strings.Repeat("a", 33) }},
		{"17 capabilities", types.ErrDescription, func(m *types.MsgRegisterOperator) { m.Capabilities = letters(17) }},
		{"one capability twice", types.ErrDescription, func(m *types.MsgRegisterOperator) { m.Capabilities = []string{"cpu", "cpu"} }},
		{"an empty capability", types.ErrDescription, func(m *types.MsgRegisterOperator) { m.Capabilities = []string{""} }},
		{"an offer for an unknown model", types.ErrModelUnknown, func(m *types.MsgRegisterOperator) { m.Offers[0].ModelId = unknownModel[:] }},
		{"an offer for a model of 31 bytes", types.ErrOffers, func(m *types.MsgRegisterOperator) { m.Offers[0].ModelId = unknownModel[:31] }},
		{"an offer for nothing", types.ErrOffers, func(m *types.MsgRegisterOperator) { m.Offers[0].UnitPrice = 0 }},
		{"two offers for one model", types.ErrOffers, func(m *types.MsgRegisterOperator) { m.Offers = append(m.Offers, m.Offers[0]) }},
		{"65 offers", types.ErrOffers, func(m *types.MsgRegisterOperator) { m.Offers = slices.Repeat(m.Offers, 65) }},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			message := f.registration(alice, worker, "alice")
			test.spoil(message)
			f.MustFail(alice, test.expected, message)
		})
	}
	sequencerWithOffers := f.registration(alice, sequencer, "alice")
	sequencerWithOffers.Offers = []*types.Offer{{ModelId: f.model[:], UnitPrice: 1}}
	f.MustFail(alice, types.ErrOffers, sequencerWithOffers)
	require.EqualValues(t, testutil.AccountBalance, f.Balance(alice.Address).Int64())
	f.register(alice, worker, "alice")
}

func letters(count int) []string {
	all := make([]string, count)
	for index := range all {
		all[index] = string(rune('a' + index))
	}
	return all
}

// flipped is another letter of base32, so that only the checksum is wrong.
func flipped(letter byte) string {
	if letter == 'A' {
		return "B"
	}
	return "A"
}

func (f *fixture) withKey(account testutil.Account, role types.OperatorRole, keyName string) func(*types.MsgRegisterOperator) {
	return func(m *types.MsgRegisterOperator) {
		other := f.registration(account, role, keyName)
		m.SigningKey, m.Possession, m.PossessionExpires = other.SigningKey, other.Possession, other.PossessionExpires
	}
}

// expired proves possession until the last height; the message comes one later.
func (f *fixture) expired(account testutil.Account, keyName string) func(*types.MsgRegisterOperator) {
	return func(m *types.MsgRegisterOperator) {
		key := scenario.NewKey(keyName)
		public := key.Public()
		m.PossessionExpires = uint64(f.Height())
		statement, err := codec.PossessStatement(testutil.ChainID, codec.RoleWorker, public[:], account.String(), m.PossessionExpires)
		require.NoError(f.TB, err)
		signature := key.Sign(statement)
		m.Possession = signature[:]
	}
}

// lane opens a lane for a spender key of a name.
func (f *fixture) lane(payer testutil.Account, keyName string) {
	f.TB.Helper()
	key := scenario.NewKey(keyName)
	public := key.Public()
	signature, expires := f.possess(codec.RoleSpender, key, payer)
	f.MustDeliver(payer,
		&escrowtypes.MsgDeposit{Payer: payer.String(), Amount: "1000"},
		&escrowtypes.MsgOpenLane{
			Payer: payer.String(), SpenderKey: public[:], Possession: signature, PossessionExpires: expires, Limit: "1000",
			EndHeight: uint64(f.Height()) + 1_000, Levels: []uint32{1},
		})
}

func TestAnOperatorUpdatesPausesAndResumes(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.register(alice, worker, "alice")
	update := &types.MsgUpdateOperator{Operator: alice.String(), Role: worker, NatsKey: scenario.NATSKey("new"), Region: "us-east", Capabilities: []string{"cuda"}}
	f.MustDeliver(alice, update)
	operator := f.operator(id)
	require.Equal(t, "us-east", operator.Region)
	require.Equal(t, []string{"cuda"}, operator.Capabilities)
	require.Empty(t, operator.Offers)
	require.Equal(t, "1000000000", operator.Bond)

	f.MustFail(alice, types.ErrOperatorStatus, &types.MsgSetPaused{Operator: alice.String(), Role: worker})
	f.MustDeliver(alice, &types.MsgSetPaused{Operator: alice.String(), Role: worker, Paused: true})
	require.Equal(t, paused, f.operator(id).Status)
	f.MustFail(alice, types.ErrOperatorStatus, &types.MsgSetPaused{Operator: alice.String(), Role: worker, Paused: true})
	f.MustDeliver(alice, &types.MsgSetPaused{Operator: alice.String(), Role: worker})
	require.Equal(t, active, f.operator(id).Status)

	update.Region = "EU"
	f.MustFail(alice, types.ErrDescription, update)
	update.Region, update.Role = "eu", sequencer
	f.MustFail(alice, types.ErrOperatorUnknown, update)
}

func TestABondGrows(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.register(alice, sequencer, "alice")
	f.MustDeliver(alice, &types.MsgAddBond{Operator: alice.String(), Role: sequencer, Amount: "1"})
	require.Equal(t, "1000000001", f.operator(id).Bond)
	for _, amount := range []string{"0", "-1", "x", "18446744073709551616"} {
		f.MustFail(alice, types.ErrAmount, &types.MsgAddBond{Operator: alice.String(), Role: sequencer, Amount: amount})
	}
	f.MustFail(alice, types.ErrAmount, &types.MsgAddBond{Operator: alice.String(), Role: sequencer, Amount: "18446744073709551615"})
	f.MustFail(alice, sdkerrors.ErrInsufficientFunds, &types.MsgAddBond{Operator: alice.String(), Role: sequencer, Amount: "10000000000000000000"})
	f.MustFail(alice, types.ErrOperatorUnknown, &types.MsgAddBond{Operator: alice.String(), Role: worker, Amount: "1"})
}

func TestJailIsTheAuthoritysAndEnds(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.register(alice, worker, "alice")
	f.MustFail(alice, types.ErrUnauthorized, &types.MsgJail{Authority: alice.String(), OperatorId: id})
	require.ErrorIs(t, f.ExecuteAsAuthority(&types.MsgJail{Authority: f.Authority(), OperatorId: id + 1}), types.ErrOperatorUnknown)
	require.NoError(t, f.ExecuteAsAuthority(&types.MsgJail{Authority: f.Authority(), OperatorId: id}))
	operator := f.operator(id)
	require.Equal(t, jailed, operator.Status)
	require.Equal(t, uint64(f.Height())+20, operator.JailedUntil)
	require.Equal(t, "1000000000", operator.Bond)
	require.ErrorIs(t, f.ExecuteAsAuthority(&types.MsgJail{Authority: f.Authority(), OperatorId: id}), types.ErrOperatorStatus)

	unjail := &types.MsgUnjail{Operator: alice.String(), Role: worker}
	f.AdvanceTo(int64(operator.JailedUntil) - 2)
	f.MustFail(alice, types.ErrOperatorStatus, unjail)
	f.MustDeliver(alice, unjail)
	require.Equal(t, active, f.operator(id).Status)
	f.MustFail(alice, types.ErrOperatorStatus, unjail)
}

func TestEveryMessageIsTheSignersOwn(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	id := f.register(alice, worker, "alice")
	params := types.DefaultParams()
	f.RequireSignersChecked("lamina.registry.v1.Msg",
		f.registration(alice, sequencer, "another"),
		&types.MsgUpdateOperator{Operator: alice.String(), Role: worker, NatsKey: scenario.NATSKey("x")},
		&types.MsgAddBond{Operator: alice.String(), Role: worker, Amount: "1"},
		f.rotation(alice, worker, "next"),
		&types.MsgSetPaused{Operator: alice.String(), Role: worker, Paused: true},
		&types.MsgUnbond{Operator: alice.String(), Role: worker},
		&types.MsgUnjail{Operator: alice.String(), Role: worker},
		&types.MsgJail{Authority: f.Authority(), OperatorId: id},
		&types.MsgRegisterModel{Publisher: alice.String(), Manifest: scenario.Manifest("mine"), Version: "1"},
		&types.MsgUpdateParams{Authority: f.Authority(), Params: params},
	)
	// A stranger that names itself has no operator to act for, and no authority.
	mallory := f.Account("mallory")
	own := map[error][]sdk.Msg{
		types.ErrOperatorUnknown: {
			&types.MsgUpdateOperator{Operator: mallory.String(), Role: worker, NatsKey: scenario.NATSKey("x")},
			&types.MsgAddBond{Operator: mallory.String(), Role: worker, Amount: "1"},
			f.rotation(mallory, worker, "next"),
			&types.MsgSetPaused{Operator: mallory.String(), Role: worker, Paused: true},
			&types.MsgUnbond{Operator: mallory.String(), Role: worker},
			&types.MsgUnjail{Operator: mallory.String(), Role: worker},
		},
		types.ErrUnauthorized: {
			&types.MsgJail{Authority: mallory.String(), OperatorId: id},
			&types.MsgUpdateParams{Authority: mallory.String(), Params: params},
		},
	}
	for expected, messages := range own {
		for _, message := range messages {
			t.Run(gogoproto.MessageName(message), func(*testing.T) { f.MustFail(mallory, expected, message) })
		}
	}
}
