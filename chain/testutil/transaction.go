package testutil

import (
	"context"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	gogoproto "github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/client"
	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
)

// gasDefault is enough for any message but a very large batch; see Transaction.Gas.
const gasDefault = 50_000_000

// gasPerUlam is the least price that nodes take, as laminad's configuration has it.
const gasPerUlam = 1_000

// Transaction says what to sign. The zero values of all but From and Messages are sensible.
type Transaction struct {
	From     Account
	Messages []sdk.Msg
	// Gas is the limit; 0 means 50 million.
	Gas uint64
	// Fee is in ulam; on a running network 0 means what its nodes ask for the gas.
	Fee int64
	// SequenceOffset is added to the account's sequence: 1 for the second transaction of one block.
	SequenceOffset uint64
	// Unordered signs without a sequence, valid until Timeout (10 s after the last block when zero).
	Unordered bool
	Timeout   time.Time
	// ChainID overrides the chain's own, to make a foreign signature.
	ChainID string
}

// Sign encodes a signed transaction against the last committed state.
func (c *Chain) Sign(transaction Transaction) []byte {
	c.TB.Helper()
	config := c.App.Encoding().TxConfig
	builder := config.NewTxBuilder()
	c.noError(builder.SetMsgs(transaction.Messages...), "set messages")
	if transaction.Gas == 0 {
		transaction.Gas = gasDefault
	}
	builder.SetGasLimit(transaction.Gas)
	if transaction.Fee == 0 && c.node != nil {
		transaction.Fee = int64(transaction.Gas / gasPerUlam)
	}
	if transaction.Fee > 0 {
		builder.SetFeeAmount(coins(transaction.Fee))
	}
	if transaction.Unordered {
		builder.SetUnordered(true)
		if transaction.Timeout.IsZero() {
			transaction.Timeout = c.time.Add(10 * time.Second)
		}
		builder.SetTimeoutTimestamp(transaction.Timeout)
	}
	c.signWith(builder, transaction)
	encoded, err := config.TxEncoder()(builder.GetTx())
	c.noError(err, "encode the transaction")
	return encoded
}

func (c *Chain) signWith(builder client.TxBuilder, transaction Transaction) {
	c.TB.Helper()
	config, key := c.App.Encoding().TxConfig, transaction.From.Key
	signer := authsigning.SignerData{Address: transaction.From.String(), ChainID: c.settings.chainID, PubKey: key.PubKey()}
	if transaction.ChainID != "" {
		signer.ChainID = transaction.ChainID
	}
	if account := c.App.AccountKeeper.GetAccount(c.Context(), transaction.From.Address); account != nil {
		signer.AccountNumber = account.GetAccountNumber()
		if !transaction.Unordered {
			signer.Sequence = account.GetSequence() + transaction.SequenceOffset
		}
	}
	// Direct mode signs the signer infos, so they must be in place, with an empty signature, before it.
	c.noError(builder.SetSignatures(signing.SignatureV2{
		PubKey: key.PubKey(), Sequence: signer.Sequence,
		Data: &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT},
	}), "set the signer")
	signature, err := clienttx.SignWithPrivKey(
		context.Background(), signing.SignMode_SIGN_MODE_DIRECT, signer, builder, key, config, signer.Sequence)
	c.noError(err, "sign")
	c.noError(builder.SetSignatures(signature), "set the signature")
}

// Deliver runs messages as one transaction in a block of its own. The result's code is 0 on success.
func (c *Chain) Deliver(from Account, messages ...sdk.Msg) *abci.ExecTxResult {
	c.TB.Helper()
	return c.Block(c.Sign(Transaction{From: from, Messages: messages})).TxResults[0]
}

// MustDeliver is Deliver for what has to succeed.
func (c *Chain) MustDeliver(from Account, messages ...sdk.Msg) *abci.ExecTxResult {
	c.TB.Helper()
	result := c.Deliver(from, messages...)
	if result.Code != 0 {
		c.TB.Fatalf("height %d: expected %T to succeed, found code %d of %s: %s", c.Height(), messages[0], result.Code, result.Codespace, result.Log)
	}
	return result
}

// MustFail delivers messages and fails the test unless they are refused with the error given.
func (c *Chain) MustFail(from Account, expected error, messages ...sdk.Msg) *abci.ExecTxResult {
	c.TB.Helper()
	result := c.Deliver(from, messages...)
	codespace, code, _ := abciInfo(expected)
	if result.Code != code || result.Codespace != codespace {
		c.TB.Fatalf("height %d: expected %T to fail with %s/%d (%v), found %s/%d: %s",
			c.Height(), messages[0], codespace, code, expected, result.Codespace, result.Code, result.Log)
	}
	return result
}

// Check asks the mempool's question of a transaction: would it be taken in now?
func (c *Chain) Check(encoded []byte) *abci.ResponseCheckTx {
	c.TB.Helper()
	response, err := c.App.CheckTx(&abci.RequestCheckTx{Tx: encoded, Type: abci.CheckTxType_New})
	c.noError(err, "CheckTx")
	return response
}

// Response decodes the answer to message number index of a transaction.
func (c *Chain) Response(result *abci.ExecTxResult, index int, response gogoproto.Message) {
	c.TB.Helper()
	var data sdk.TxMsgData
	c.noError(gogoproto.Unmarshal(result.Data, &data), "decode the result")
	c.noError(gogoproto.Unmarshal(data.MsgResponses[index].Value, response), "decode the response")
}

// Events returns the typed events of one message type among a result's events.
func Events[T gogoproto.Message](c *Chain, events []abci.Event) []T {
	c.TB.Helper()
	var found []T
	for _, event := range events {
		var zero T
		if event.Type != gogoproto.MessageName(zero) {
			continue
		}
		parsed, err := sdk.ParseTypedEvent(withoutMessageIndex(event))
		c.noError(err, "parse "+event.Type)
		typed, ok := parsed.(T)
		if !ok {
			c.TB.Fatalf("event %s: expected %T, found %T", event.Type, zero, parsed)
		}
		found = append(found, typed)
	}
	return found
}

// withoutMessageIndex drops what the SDK adds to events of messages and of blocks; it is no field of the type.
func withoutMessageIndex(event abci.Event) abci.Event {
	kept := abci.Event{Type: event.Type}
	for _, attribute := range event.Attributes {
		if attribute.Key != "msg_index" && attribute.Key != "mode" || strings.HasPrefix(attribute.Value, "{") {
			kept.Attributes = append(kept.Attributes, attribute)
		}
	}
	return kept
}

// Query calls a gRPC query method, `package.Query/Method`, through the ABCI as clients do.
func (c *Chain) Query(method string, request, response gogoproto.Message) {
	c.TB.Helper()
	c.noError(c.TryQuery(method, request, response), "query "+method)
}
