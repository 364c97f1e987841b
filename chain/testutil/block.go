package testutil

import (
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"

	"github.com/lamina-network/lamina/chain/app"
)

const (
	abciCommit = cmtproto.BlockIDFlagCommit
	abciAbsent = cmtproto.BlockIDFlagAbsent
)

// Block makes one block of the given encoded transactions, commits it, and checks all invariants.
func (c *Chain) Block(transactions ...[]byte) *abci.ResponseFinalizeBlock {
	c.TB.Helper()
	return c.BlockAfter(BlockInterval, transactions...)
}

// BlockAfter is Block with a given time since the last one.
func (c *Chain) BlockAfter(interval time.Duration, transactions ...[]byte) *abci.ResponseFinalizeBlock {
	c.TB.Helper()
	if c.node != nil {
		return c.sendToNode(transactions)
	}
	c.time = c.time.Add(interval)
	height := max(c.Height()+1, c.Genesis.InitialHeight)
	return c.run(&abci.RequestFinalizeBlock{
		Height: height, Time: c.time, Txs: transactions, DecidedLastCommit: c.commitInfo(),
		ProposerAddress: c.Validators[0].ConsensusKey.PubKey().Address(),
	})
}

// run executes and commits a block.
func (c *Chain) run(request *abci.RequestFinalizeBlock) *abci.ResponseFinalizeBlock {
	c.TB.Helper()
	response, err := c.App.FinalizeBlock(request)
	c.noError(err, "FinalizeBlock")
	_, err = c.App.Commit()
	c.noError(err, "Commit")
	c.blocks = append(c.blocks, request)
	c.appHashes = append(c.appHashes, response.AppHash)
	if c.settings.record != nil {
		c.settings.record(request, response)
	}
	c.CheckInvariants()
	return response
}

// Advance makes empty blocks.
func (c *Chain) Advance(blocks int) {
	c.TB.Helper()
	for range blocks {
		c.Block()
	}
}

// AdvanceTo makes empty blocks up to a height; it fails when the height has passed.
func (c *Chain) AdvanceTo(height int64) {
	c.TB.Helper()
	if height < c.Height() {
		c.TB.Fatalf("expected a height of at least %d to advance to, found %d", c.Height(), height)
	}
	c.Advance(int(height - c.Height()))
}

// CheckInvariants fails the test, naming the invariant and the height, when one does not hold.
func (c *Chain) CheckInvariants() {
	c.TB.Helper()
	if c.settings.unchecked {
		return
	}
	invariants := c.App.Invariants()
	for _, build := range c.settings.invariants {
		invariants = append(invariants, build(c.App))
	}
	for _, invariant := range invariants {
		if err := invariant.Check(c.Context()); err != nil {
			c.TB.Fatalf("invariant %s does not hold after height %d: %v", invariant.ID, c.Height(), err)
		}
	}
}

// Restart closes the application and opens it again over the same database, as a node that was stopped does.
func (c *Chain) Restart() {
	c.TB.Helper()
	c.noError(c.App.Close(), "close")
	c.App = c.newApp(c.database)
}

// Replay feeds every block so far to a second application and fails unless each app hash is the same (I21). With
// restartEvery above zero the second application is reopened after so many blocks.
func (c *Chain) Replay(restartEvery int) {
	c.TB.Helper()
	database := dbm.NewMemDB()
	second := c.newApp(database)
	c.initChain(second)
	for index, block := range c.blocks {
		c.replayBlock(second, index, block)
		if restartEvery > 0 && (index+1)%restartEvery == 0 {
			c.noError(second.Close(), "close the replay")
			second = c.newApp(database)
		}
	}
}

func (c *Chain) replayBlock(second *app.App, index int, block *abci.RequestFinalizeBlock) {
	c.TB.Helper()
	response, err := second.FinalizeBlock(block)
	c.noError(err, "replay FinalizeBlock")
	_, err = second.Commit()
	c.noError(err, "replay Commit")
	if string(response.AppHash) != string(c.appHashes[index]) {
		c.TB.Fatalf("height %d: expected app hash %x from a replay, found %x", block.Height, c.appHashes[index], response.AppHash)
	}
}
