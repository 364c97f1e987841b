package testutil_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/testutil"
)

func send(from, to testutil.Account, amount int64) *banktypes.MsgSend {
	return &banktypes.MsgSend{
		FromAddress: from.String(), ToAddress: to.String(), Amount: sdk.NewCoins(sdk.NewInt64Coin(identity.Denom, amount)),
	}
}

func TestBankSendMovesCoins(t *testing.T) {
	chain := testutil.New(t)
	accounts := chain.Accounts("alice", "bob")
	alice, bob := accounts[0], accounts[1]
	chain.MustDeliver(alice, send(alice, bob, 7))
	if found := chain.Balance(alice.Address).Int64(); found != testutil.AccountBalance-7 {
		t.Fatalf("expected alice to hold %d, found %d", testutil.AccountBalance-7, found)
	}
	var answer banktypes.QueryBalanceResponse
	chain.Query("cosmos.bank.v1beta1.Query/Balance", &banktypes.QueryBalanceRequest{Address: bob.String(), Denom: identity.Denom}, &answer)
	if found := answer.Balance.Amount.Int64(); found != testutil.AccountBalance+7 {
		t.Fatalf("expected a query to show bob %d, found %d", testutil.AccountBalance+7, found)
	}
}

func TestRefusedTransactions(t *testing.T) {
	chain := testutil.New(t)
	accounts := chain.Accounts("alice", "bob")
	alice, bob := accounts[0], accounts[1]
	chain.MustFail(alice, sdkerrors.ErrInsufficientFunds, send(alice, bob, testutil.AccountBalance+1))
	cases := map[string]struct {
		transaction testutil.Transaction
		expected    error
	}{
		"signed for another chain (I32)": {testutil.Transaction{From: alice, ChainID: "lamina-dev-other"}, sdkerrors.ErrUnauthorized},
		"signed by a stranger":           {testutil.Transaction{From: bob}, sdkerrors.ErrInvalidPubKey},
		"a sequence ahead":               {testutil.Transaction{From: alice, SequenceOffset: 1}, sdkerrors.ErrWrongSequence},
		"too little gas":                 {testutil.Transaction{From: alice, Gas: 10_000}, sdkerrors.ErrOutOfGas},
		"more gas than a block has":      {testutil.Transaction{From: alice, Gas: app.BlockGasMax + 1}, sdkerrors.ErrInvalidGasLimit},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			test.transaction.Messages = []sdk.Msg{send(alice, bob, 1)}
			result := chain.Block(chain.Sign(test.transaction)).TxResults[0]
			var expected interface{ ABCICode() uint32 }
			if !errors.As(test.expected, &expected) || result.Code != expected.ABCICode() {
				t.Fatalf("expected %v, found code %d: %s", test.expected, result.Code, result.Log)
			}
		})
	}
}

func TestUnorderedTransactionsCountOnce(t *testing.T) {
	chain := testutil.New(t)
	accounts := chain.Accounts("alice", "bob")
	alice, bob := accounts[0], accounts[1]
	first := chain.Sign(testutil.Transaction{From: alice, Messages: []sdk.Msg{send(alice, bob, 1)}, Unordered: true})
	second := chain.Sign(testutil.Transaction{
		From: alice, Messages: []sdk.Msg{send(alice, bob, 1)}, Unordered: true, Timeout: chain.Time().Add(9 * time.Second),
	})
	results := chain.Block(second, first, first).TxResults
	if results[0].Code != 0 || results[1].Code != 0 || results[2].Code == 0 {
		t.Fatalf("expected the two to pass in any order and the repeated one to fail, found %v", results)
	}
	if later := chain.Block(first).TxResults[0]; later.Code == 0 {
		t.Fatal("expected a repetition in a later block to fail")
	}
}

func TestReplayGivesTheSameAppHashes(t *testing.T) {
	chain := testutil.New(t, testutil.WithValidators(4))
	accounts := chain.Accounts("alice", "bob")
	chain.Validators[3].Absent = true
	for amount := range int64(5) {
		chain.MustDeliver(accounts[0], send(accounts[0], accounts[1], amount+1))
	}
	chain.Replay(0)
	chain.Replay(3)
	chain.Restart()
	chain.Advance(2)
	chain.Replay(0)
}

// I22: what is exported, imported and exported again is the same, byte for byte.
func TestExportIsAFixedPoint(t *testing.T) {
	first := testutil.New(t, testutil.WithValidators(3))
	accounts := first.Accounts("alice", "bob")
	first.MustDeliver(accounts[0], send(accounts[0], accounts[1], 5))
	first.MustDeliver(accounts[1], &stakingtypes.MsgDelegate{
		DelegatorAddress: accounts[1].String(), ValidatorAddress: sdk.ValAddress(first.Validators[1].Operator.Address).String(),
		Amount: sdk.NewInt64Coin(identity.Denom, 1_000_000),
	})
	first.Advance(3)
	testutil.RequireExportFixedPoint(t, first)
}

func TestInvariantsStopABrokenChain(t *testing.T) {
	broken := errors.New("broken on purpose")
	recorder := &failureRecorder{TB: t}
	chain := testutil.New(t, testutil.WithInvariant("X1", func(a *app.App, ctx sdk.Context) error {
		if ctx.BlockHeight() > 2 {
			return broken
		}
		return nil
	}))
	chain.Advance(1)
	chain.TB = recorder
	chain.Advance(1)
	if !bytes.Contains([]byte(recorder.message), []byte("invariant X1 does not hold after height 3")) {
		t.Fatalf("expected the invariant to stop the chain, found %q", recorder.message)
	}
}
