// Package testutil runs the whole application in memory: every test has its own chain, made of the real modules, and
// drives it block by block.
package testutil

import (
	"encoding/json"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/genesis"
)

const (
	// ChainID is the chain id unless WithChainID says otherwise.
	ChainID = "lamina-dev-test"
	// BlockInterval is the time between two blocks of the harness.
	BlockInterval = time.Second
)

// startTime is the genesis time: fixed, so that runs repeat exactly.
var startTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Chain is one application with its validators. It is not safe for concurrent use.
type Chain struct {
	TB         testing.TB
	App        *app.App
	Genesis    *genutiltypes.AppGenesis
	Validators []*Validator

	settings  settings
	database  dbm.DB
	time      time.Time
	blocks    []*abci.RequestFinalizeBlock
	appHashes [][]byte
	funded    map[string]bool
	// node is where blocks come from when this is a running network; see Follow.
	node *node
}

// appOptions answers the application's options; none are set.
type appOptions struct{}

func (appOptions) Get(string) any { return nil }

// New starts a chain at height 1 with one validator and a faucet, by preset `minimal`.
func New(tb testing.TB, options ...Option) *Chain {
	tb.Helper()
	chain := &Chain{TB: tb, settings: defaultSettings(), time: startTime, funded: map[string]bool{}}
	for _, option := range options {
		option(&chain.settings)
	}
	chain.database = dbm.NewMemDB()
	chain.App = chain.newApp(chain.database)
	chain.Validators = newValidators(chain.settings.validators)
	chain.Genesis = chain.buildGenesis()
	chain.start()
	return chain
}

// FromGenesis starts a chain from a given genesis, as a network restarted from an export does.
func FromGenesis(tb testing.TB, content *genutiltypes.AppGenesis, validators []*Validator, options ...Option) *Chain {
	tb.Helper()
	chain := fromGenesis(tb, content, validators, options...)
	chain.start()
	return chain
}

func fromGenesis(tb testing.TB, content *genutiltypes.AppGenesis, validators []*Validator, options ...Option) *Chain {
	chain := &Chain{
		TB: tb, settings: defaultSettings(), time: content.GenesisTime, Genesis: content, Validators: validators,
		funded: map[string]bool{}, database: dbm.NewMemDB(),
	}
	for _, option := range options {
		option(&chain.settings)
	}
	chain.settings.chainID = content.ChainID
	chain.App = chain.newApp(chain.database)
	return chain
}

func (c *Chain) newApp(database dbm.DB) *app.App {
	return app.New(log.NewNopLogger(), database, true, appOptions{}, baseapp.SetChainID(c.settings.chainID))
}

func (c *Chain) buildGenesis() *genutiltypes.AppGenesis {
	c.TB.Helper()
	preset, err := genesis.LoadPreset(c.settings.preset)
	c.noError(err, "load preset")
	content := genesis.Options{
		ChainID: c.settings.chainID, Time: startTime, InitialHeight: 1, Preset: preset, Modules: c.settings.modules,
		Accounts: []genesis.Account{{Address: Faucet().Address, Coins: coins(faucetBalance)}},
	}
	for _, validator := range c.Validators {
		content.Accounts = append(content.Accounts, genesis.Account{Address: validator.Operator.Address, Coins: coins(validatorBalance)})
		content.Validators = append(content.Validators, validator.genesis())
	}
	built, err := genesis.Build(c.App, content)
	c.noError(err, "build genesis")
	return built
}

// start runs InitChain and the first block.
func (c *Chain) start() {
	c.TB.Helper()
	c.initChain(c.App)
	c.Block()
}

func (c *Chain) initChain(target *app.App) {
	c.TB.Helper()
	params := c.Genesis.Consensus.Params.ToProto()
	_, err := target.InitChain(&abci.RequestInitChain{
		Time: c.Genesis.GenesisTime, ChainId: c.Genesis.ChainID, InitialHeight: c.Genesis.InitialHeight,
		ConsensusParams: &params, AppStateBytes: c.Genesis.AppState,
	})
	c.noError(err, "InitChain")
}

// Height is the last committed height.
func (c *Chain) Height() int64 { return c.App.LastBlockHeight() }

// Time is the time of the last block.
func (c *Chain) Time() time.Time { return c.time }

// Context reads the last committed state through keepers. Writes to it are lost: use messages, or WithModuleGenesis.
func (c *Chain) Context() sdk.Context {
	c.TB.Helper()
	context, err := c.App.CreateQueryContext(c.Height(), false)
	c.noError(err, "open the committed state")
	return context.WithBlockHeight(c.Height()).WithBlockTime(c.time).WithChainID(c.settings.chainID)
}

// Export writes the committed state as a genesis that continues at the next height.
func (c *Chain) Export() *genutiltypes.AppGenesis {
	c.TB.Helper()
	exported, err := c.App.Export(false, nil)
	c.noError(err, "export")
	content := *c.Genesis
	content.GenesisTime = c.time
	content.InitialHeight = exported.Height
	content.AppState = exported.AppState
	content.Consensus = genutiltypes.NewConsensusGenesis(exported.ConsensusParams, exported.Validators)
	return &content
}

// ModuleState decodes one module's part of an exported genesis.
func ModuleState(tb testing.TB, content *genutiltypes.AppGenesis, module string) json.RawMessage {
	tb.Helper()
	var state app.GenesisState
	if err := json.Unmarshal(content.AppState, &state); err != nil {
		tb.Fatalf("read app state: %v", err)
	}
	return state[module]
}

func (c *Chain) noError(err error, doing string) {
	c.TB.Helper()
	if err != nil {
		c.TB.Fatalf("height %d: %s: %v", c.App.LastBlockHeight(), doing, err)
	}
}
