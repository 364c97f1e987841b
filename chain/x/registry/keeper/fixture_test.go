package keeper_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

const (
	worker    = types.OperatorRole_OPERATOR_ROLE_WORKER
	sequencer = types.OperatorRole_OPERATOR_ROLE_SEQUENCER

	active    = types.OperatorStatus_OPERATOR_STATUS_ACTIVE
	paused    = types.OperatorStatus_OPERATOR_STATUS_PAUSED
	jailed    = types.OperatorStatus_OPERATOR_STATUS_JAILED
	convicted = types.OperatorStatus_OPERATOR_STATUS_CONVICTED
	unbonding = types.OperatorStatus_OPERATOR_STATUS_UNBONDING
	gone      = types.OperatorStatus_OPERATOR_STATUS_GONE

	// bondMin is the preset minimal's, in ulam.
	bondMin = 1_000_000_000
)

// TestMain keeps the state machines short where nobody asks for more: every step of theirs is a block of a whole chain.
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		if err := flag.Set("rapid.checks", "25"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// fixture is a chain with a registered model.
type fixture struct {
	*testutil.Chain
	model codec.Digest
}

func newFixture(tb testing.TB, options ...testutil.Option) *fixture {
	tb.Helper()
	f := &fixture{Chain: testutil.New(tb, options...)}
	publisher := f.Account("publisher")
	manifest := scenario.Manifest("tiny")
	f.MustDeliver(publisher, &types.MsgRegisterModel{Publisher: publisher.String(), Manifest: manifest, Version: "1"})
	f.model = codec.ModelID(manifest)
	return f
}

// possess signs that account may register key in role.
func (f *fixture) possess(role codec.Role, key scenario.Key, account testutil.Account) ([]byte, uint64) {
	f.TB.Helper()
	public, expires := key.Public(), uint64(f.Height())+50
	statement, err := codec.PossessStatement(testutil.ChainID, role, public[:], account.String(), expires)
	require.NoError(f.TB, err)
	signature := key.Sign(statement)
	return signature[:], expires
}

// registration is a valid one, with the key that the name stands for.
func (f *fixture) registration(account testutil.Account, role types.OperatorRole, keyName string) *types.MsgRegisterOperator {
	f.TB.Helper()
	key := scenario.NewKey(keyName)
	public := key.Public()
	signature, expires := f.possess(codec.Role(role), key, account)
	message := &types.MsgRegisterOperator{
		Operator: account.String(), Role: role, SigningKey: public[:], Possession: signature, PossessionExpires: expires,
		Bond: "1000000000", Region: "eu-west", Capabilities: []string{"cpu"},
	}
	if role == worker {
		message.NatsKey = scenario.NATSKey(keyName)
		message.Offers = []*types.Offer{{ModelId: f.model[:], UnitPrice: 25}}
	}
	return message
}

// register registers an operator under its account's name and returns its id.
func (f *fixture) register(account testutil.Account, role types.OperatorRole, keyName string) uint64 {
	f.TB.Helper()
	var response types.MsgRegisterOperatorResponse
	f.Response(f.MustDeliver(account, f.registration(account, role, keyName)), 0, &response)
	return response.Id
}

func (f *fixture) operator(id uint64) types.Operator {
	f.TB.Helper()
	var response types.QueryOperatorResponse
	f.Query("lamina.registry.v1.Query/Operator", &types.QueryOperatorRequest{Id: id}, &response)
	return *response.Operator
}

func (f *fixture) rotation(account testutil.Account, role types.OperatorRole, keyName string) *types.MsgRotateKey {
	f.TB.Helper()
	key := scenario.NewKey(keyName)
	public := key.Public()
	signature, expires := f.possess(codec.Role(role), key, account)
	return &types.MsgRotateKey{Operator: account.String(), Role: role, SigningKey: public[:], Possession: signature, PossessionExpires: expires}
}

func (f *fixture) signingKey(name string) types.SigningKey {
	f.TB.Helper()
	public := scenario.NewKey(name).Public()
	var response types.QuerySigningKeyResponse
	f.Query("lamina.registry.v1.Query/SigningKey", &types.QuerySigningKeyRequest{Key: public[:]}, &response)
	return *response.SigningKey
}

// at is a copy of the committed state that keepers may write to, as if in the block of a height.
func (f *fixture) at(height int64) sdk.Context {
	f.TB.Helper()
	ctx, _ := f.Context().WithBlockHeight(height).CacheContext()
	return ctx
}
