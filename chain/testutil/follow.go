package testutil

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cometbft/cometbft/rpc/client/http"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	sm "github.com/cometbft/cometbft/state"
	cmttypes "github.com/cometbft/cometbft/types"

	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
)

const (
	// nodePatience is how long a node may take for its next block, on a machine busy with other tests.
	nodePatience     = 3 * time.Minute
	nodePoll         = 20 * time.Millisecond
	validatorsAtOnce = 100
)

// node is a running laminad whose blocks a chain of the harness replays.
type node struct{ client *http.HTTP }

// Follow gives a chain that is a running network seen through one node's RPC: transactions are sent there, and every
// block that the network makes is replayed from its genesis on. A block whose app hash is not the replay's fails the test
// (I21), so all that is read of the chain's state is the network's.
func Follow(tb testing.TB, content *genutiltypes.AppGenesis, rpc string, options ...Option) *Chain {
	tb.Helper()
	chain := fromGenesis(tb, content, nil, options...)
	client, err := http.New(rpc, "/websocket")
	chain.noError(err, "reach the node")
	chain.node = &node{client}
	chain.start()
	return chain
}

// CatchUp replays what the network has made by now.
func (c *Chain) CatchUp() {
	c.TB.Helper()
	status, err := c.node.client.Status(context.Background())
	c.noError(err, "ask the node for its height")
	for c.Height() < status.SyncInfo.LatestBlockHeight {
		c.replayNext()
	}
}

// sendToNode is Block for a network: the response holds the results of the transactions sent, in their order. Without any
// it waits for one block.
func (c *Chain) sendToNode(transactions [][]byte) *abci.ResponseFinalizeBlock {
	c.TB.Helper()
	c.waitForCommit()
	for _, transaction := range transactions {
		answer, err := c.node.client.BroadcastTxSync(context.Background(), transaction)
		c.noError(err, "send a transaction")
		if answer.Code != 0 {
			c.TB.Fatalf("height %d: expected the node to take a transaction, found code %d of %s: %s", c.Height(), answer.Code, answer.Codespace, answer.Log)
		}
	}
	results := make([]*abci.ExecTxResult, len(transactions))
	for {
		block, response := c.replayNext()
		for i, transaction := range transactions {
			if at := slices.IndexFunc(block.Txs, func(tx cmttypes.Tx) bool { return bytes.Equal(tx, transaction) }); at >= 0 {
				results[i] = response.TxResults[at]
			}
		}
		if !slices.Contains(results, nil) {
			seen := *response
			seen.TxResults = results
			return &seen
		}
	}
}

// waitForCommit waits until the node's application is where the replay is: a node tells of a block before it has run it,
// and would judge transactions by the state before.
func (c *Chain) waitForCommit() {
	c.TB.Helper()
	for deadline := time.Now().Add(nodePatience); time.Now().Before(deadline); time.Sleep(nodePoll) {
		if answer, err := c.node.client.ABCIInfo(context.Background()); err == nil && answer.Response.LastBlockHeight >= c.Height() {
			return
		}
	}
	c.TB.Fatalf("expected the node to commit height %d within %s", c.Height(), nodePatience)
}

// replayNext waits for the network's next block and runs it.
func (c *Chain) replayNext() (*cmttypes.Block, *abci.ResponseFinalizeBlock) {
	c.TB.Helper()
	height := max(c.Height()+1, c.Genesis.InitialHeight)
	block := c.blockOf(height)
	if last := len(c.appHashes) - 1; last >= 0 && !bytes.Equal(block.AppHash, c.appHashes[last]) {
		c.TB.Fatalf("I21: height %d: expected app hash %x from the replay, found %x on the network", height-1, c.appHashes[last], block.AppHash)
	}
	c.time = block.Time
	return block, c.run(&abci.RequestFinalizeBlock{
		Hash: block.Hash(), NextValidatorsHash: block.NextValidatorsHash, ProposerAddress: block.ProposerAddress, Height: height, Time: block.Time,
		DecidedLastCommit: c.lastCommitOf(block), Misbehavior: block.Evidence.Evidence.ToABCI(), Txs: block.Txs.ToSliceOfBytes(),
	})
}

func (c *Chain) blockOf(height int64) *cmttypes.Block {
	c.TB.Helper()
	var found *coretypes.ResultBlock
	var err error
	// A node answers with an error for a block to come, and may be starting.
	for deadline := time.Now().Add(nodePatience); time.Now().Before(deadline); time.Sleep(nodePoll) {
		if found, err = c.node.client.Block(context.Background(), &height); err == nil && found.Block != nil {
			return found.Block
		}
	}
	c.TB.Fatalf("expected block %d within %s, found %v", height, nodePatience, err)
	return nil
}

func (c *Chain) lastCommitOf(block *cmttypes.Block) abci.CommitInfo {
	c.TB.Helper()
	if block.Height == c.Genesis.InitialHeight {
		return abci.CommitInfo{}
	}
	height, perPage := block.Height-1, validatorsAtOnce
	answer, err := c.node.client.Validators(context.Background(), &height, nil, &perPage)
	c.noError(err, "ask for the validators")
	// As the node ordered them: a set made anew would sort them again.
	return sm.BuildLastCommitInfo(block, &cmttypes.ValidatorSet{Validators: answer.Validators}, c.Genesis.InitialHeight)
}
