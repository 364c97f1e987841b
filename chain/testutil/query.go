package testutil

import (
	"context"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	gogoproto "github.com/cosmos/gogoproto/proto"

	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

// TryQuery is Query for what may be refused.
func (c *Chain) TryQuery(method string, request, response gogoproto.Message) error {
	encoded, err := gogoproto.Marshal(request)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	answer, err := c.App.Query(context.Background(), &abci.RequestQuery{Path: "/" + method, Data: encoded})
	if err != nil {
		return err
	}
	if answer.Code != 0 {
		return fmt.Errorf("code %d of %s: %s", answer.Code, answer.Codespace, answer.Log)
	}
	return gogoproto.Unmarshal(answer.Value, response)
}

// abciInfo tells which codespace and code a transaction that fails with err reports.
func abciInfo(err error) (codespace string, code uint32, log string) {
	return errorsmod.ABCIInfo(err, false)
}

// ExecuteAsAuthority runs a message signed by governance in a block of its own, without a vote: the handler is the
// real one and its effect is committed only if it succeeds. Replay cannot follow such a block.
func (c *Chain) ExecuteAsAuthority(message sdk.Msg) error {
	c.TB.Helper()
	handler := c.App.MsgServiceRouter().Handler(message)
	if handler == nil {
		return sdkerrors.ErrUnknownRequest.Wrapf("no handler for %T", message)
	}
	next := c.App.NewNextBlockContext(cmtproto.Header{
		ChainID: c.settings.chainID, Height: c.Height() + 1, Time: c.time.Add(BlockInterval),
	})
	cached, write := next.CacheContext()
	if _, err := handler(cached, message); err != nil {
		return err
	}
	write()
	c.Block()
	return nil
}
