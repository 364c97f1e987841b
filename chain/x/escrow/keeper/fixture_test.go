package keeper_test

import (
	"flag"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// TestMain keeps the state machine short where nobody asks for more: every step of it is a block of a whole chain.
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

type fixture struct{ *testutil.Chain }

func newFixture(tb testing.TB, options ...testutil.Option) *fixture {
	tb.Helper()
	return &fixture{Chain: testutil.New(tb, options...)}
}

func (f *fixture) deposit(account testutil.Account, amount int64) {
	f.TB.Helper()
	f.MustDeliver(account, depositOf(account, amount))
}

func depositOf(account testutil.Account, amount int64) *types.MsgDeposit {
	return &types.MsgDeposit{Payer: account.String(), Amount: strconv.FormatInt(amount, 10)}
}

// possess signs that account may register the key of a name as a spender.
func (f *fixture) possess(role codec.Role, keyName string, account testutil.Account) ([]byte, uint64) {
	f.TB.Helper()
	key, expires := scenario.NewKey(keyName), uint64(f.Height())+50
	public := key.Public()
	statement, err := codec.PossessStatement(testutil.ChainID, role, public[:], account.String(), expires)
	require.NoError(f.TB, err)
	signature := key.Sign(statement)
	return signature[:], expires
}

// opening is a valid message for a lane of 100 ulam that ends 50 heights from now.
func (f *fixture) opening(account testutil.Account, keyName string) *types.MsgOpenLane {
	f.TB.Helper()
	public := scenario.NewKey(keyName).Public()
	signature, expires := f.possess(codec.RoleSpender, keyName, account)
	return &types.MsgOpenLane{
		Payer: account.String(), SpenderKey: public[:], Possession: signature, PossessionExpires: expires, Limit: "100",
		EndHeight: uint64(f.Height()) + 50, Levels: []uint32{1},
	}
}

// open deposits 1,000 ulam and opens a lane of 100.
func (f *fixture) open(account testutil.Account, keyName string) uint64 {
	f.TB.Helper()
	var response types.MsgOpenLaneResponse
	f.Response(f.MustDeliver(account, depositOf(account, 1_000), f.opening(account, keyName)), 1, &response)
	return response.Lane
}

func (f *fixture) lane(id uint64) types.Lane {
	f.TB.Helper()
	var response types.QueryLaneResponse
	f.Query("lamina.escrow.v1.Query/Lane", &types.QueryLaneRequest{Id: id}, &response)
	return *response.Lane
}

func (f *fixture) free(account testutil.Account) types.QueryDepositResponse {
	f.TB.Helper()
	var response types.QueryDepositResponse
	f.Query("lamina.escrow.v1.Query/Deposit", &types.QueryDepositRequest{Payer: account.String()}, &response)
	return response
}

// at is a copy of the committed state that keepers may write to, as if in the block of a height.
func (f *fixture) at(height int64) sdk.Context {
	f.TB.Helper()
	ctx, _ := f.Context().WithBlockHeight(height).CacheContext()
	return ctx
}
