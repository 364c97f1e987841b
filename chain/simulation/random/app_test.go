package random_test

import (
	"fmt"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	sdkcodec "github.com/cosmos/cosmos-sdk/codec"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/lamina-network/lamina/chain/app"
)

// simulated is the real application as the SDK's simulation wants to see it. simsx asks for runtime.AppI, which belongs
// to applications wired by depinject: what a hand-wired one has under other names is given here, and what the simulation
// never calls says so.
type simulated struct {
	*app.App
	world  *world
	ledger *ledger
	// hashes are the app hashes of all heights so far.
	hashes [][]byte
}

var _ simsx.SimulationApp = (*simulated)(nil)

// newSimulated opens the application with all invariants checked after every commit.
func newSimulated(tb testing.TB) func(log.Logger, dbm.DB, bool, servertypes.AppOptions, ...func(*baseapp.BaseApp)) *simulated {
	return func(logger log.Logger, database dbm.DB, loadLatest bool, options servertypes.AppOptions, baseOptions ...func(*baseapp.BaseApp)) *simulated {
		s := &simulated{}
		observe := func(base *baseapp.BaseApp) {
			base.SetPrepareCheckStater(func(ctx sdk.Context) { s.checkInvariants(tb, ctx) })
			base.SetStreamingManager(storetypes.StreamingManager{ABCIListeners: []storetypes.ABCIListener{blockEnds{s}}})
		}
		s.App = app.New(logger, database, loadLatest, options, append(baseOptions, observe)...)
		s.ledger = newLedger(tb, s.App)
		s.world = newWorld(tb, s.App, s.ledger)
		return s
	}
}

// checkInvariants runs in Commit: what it reads is the committed state.
func (s *simulated) checkInvariants(tb testing.TB, ctx sdk.Context) {
	height := s.LastBlockHeight()
	for _, invariant := range s.Invariants() {
		if err := invariant.Check(ctx); err != nil {
			tb.Fatalf("%s does not hold after height %d: %v", invariant.ID, height, err)
		}
	}
	s.ledger.checkBlock(ctx, uint64(height))
	s.hashes = append(s.hashes, s.LastCommitID().Hash)
}

func (s *simulated) GetBaseApp() *baseapp.BaseApp { return s.BaseApp }
func (s *simulated) TxConfig() client.TxConfig    { return s.Encoding().TxConfig }
func (s *simulated) LegacyAmino() *sdkcodec.LegacyAmino {
	return s.Encoding().Amino
}

// SimulationManager adds operations of Lamina's modules to those that the SDK's modules bring. They stand in the tests,
// so that the binary does not contain them.
func (s *simulated) SimulationManager() *module.SimulationManager {
	manager := *s.App.SimulationManager()
	manager.Modules = append([]module.AppModuleSimulation{operations{world: s.world}}, manager.Modules...)
	return &manager
}

func (s *simulated) ExportAppStateAndValidators(forZeroHeight bool, _, modules []string) (servertypes.ExportedApp, error) {
	return s.Export(forZeroHeight, modules)
}

func (s *simulated) LoadHeight(height int64) error { return s.LoadVersion(height) }

func unused(name string) error { return fmt.Errorf("%s is not part of a simulation", name) }

func (s *simulated) BeginBlocker(sdk.Context) (sdk.BeginBlock, error) {
	return sdk.BeginBlock{}, unused("BeginBlocker")
}

func (s *simulated) EndBlocker(sdk.Context) (sdk.EndBlock, error) {
	return sdk.EndBlock{}, unused("EndBlocker")
}

func (s *simulated) InitChainer(sdk.Context, *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	return nil, unused("InitChainer")
}

// operations are weighted messages of registry, escrow and rollup.
type operations struct{ world *world }

func (operations) GenerateGenesisState(*module.SimulationState)                           {}
func (operations) RegisterStoreDecoder(simtypes.StoreDecoderRegistry)                     {}
func (operations) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

func (o operations) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	for _, each := range o.world.factories() {
		name := strings.ToLower(strings.TrimPrefix(sdk.MsgTypeURL(each.factory.MsgType()), "/lamina."))
		registry.Add(weights.Get(strings.ReplaceAll(name, ".", "_")+"_"+each.kind, each.weight), each.factory)
	}
}
