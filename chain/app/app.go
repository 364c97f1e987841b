// Package app assembles laminad's state machine: the Cosmos SDK's own modules and Lamina's, wired by hand.
package app

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"

	corestore "cosmossdk.io/core/store"
	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	"github.com/cosmos/cosmos-sdk/version"

	"github.com/lamina-network/lamina/chain/app/identity"
)

type storeService = corestore.KVStoreService

var _ servertypes.Application = (*App)(nil)

// App is the whole application behind CometBFT.
type App struct {
	*baseapp.BaseApp
	Keepers

	encoding      Encoding
	keys          map[string]*storetypes.KVStoreKey
	objectKeys    map[string]*storetypes.ObjectStoreKey
	moduleManager *module.Manager
	basicModules  module.BasicManager
	configurator  module.Configurator
	simulation    *module.SimulationManager
}

// DefaultHome is where a node keeps its files unless --home says otherwise.
func DefaultHome() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ".laminad"
	}
	return filepath.Join(home, ".laminad")
}

// New wires the application over db. With loadLatest it also opens the last committed version. It panics when the
// wiring is wrong or the database cannot be opened: a node must not run half built.
func New(logger log.Logger, db dbm.DB, loadLatest bool, options servertypes.AppOptions, baseOptions ...func(*baseapp.BaseApp)) *App {
	encoding, err := newEncoding()
	if err != nil {
		panic(err)
	}
	base := baseapp.NewBaseApp(identity.AppName, logger, db, encoding.TxConfig.TxDecoder(), baseOptions...)
	base.SetVersion(version.Version)
	base.SetInterfaceRegistry(encoding.InterfaceRegistry)
	base.SetTxEncoder(encoding.TxConfig.TxEncoder())
	// Without it `max_gas` limits proposals alone, and a proposer that ignores it could stall everybody (T50).
	base.SetDisableBlockGasMeter(false)

	keys, objectKeys := newStoreKeys()
	app := &App{BaseApp: base, encoding: encoding, keys: keys, objectKeys: objectKeys}
	app.buildKeepers(logger, options)
	app.buildModules()
	app.registerUpgrades()
	app.setHandlers()
	if loadLatest {
		if err := app.LoadLatestVersion(); err != nil {
			panic(fmt.Errorf("open the last committed state: %w", err))
		}
	}
	return app
}

// buildModules registers codecs and services of all modules and fixes their order.
func (app *App) buildModules() {
	app.moduleManager = app.newModuleManager()
	app.basicModules = newBasicModuleManager(app.moduleManager)
	app.basicModules.RegisterLegacyAminoCodec(app.encoding.Amino)
	app.basicModules.RegisterInterfaces(app.encoding.InterfaceRegistry)
	setModuleOrders(app.moduleManager)

	app.configurator = module.NewConfigurator(app.encoding.Codec, app.MsgServiceRouter(), app.GRPCQueryRouter())
	if err := app.moduleManager.RegisterServices(app.configurator); err != nil {
		panic(fmt.Errorf("register module services: %w", err))
	}
	app.simulation = module.NewSimulationManagerFromAppModules(app.moduleManager.Modules, nil)
	app.simulation.RegisterStoreDecoders()
	validateAnnotations()
}

// validateAnnotations stops a build in which a message names no signer, which nobody could then authorize (T38).
func validateAnnotations() {
	files, err := proto.MergedRegistry()
	if err != nil {
		panic(fmt.Errorf("merge proto registries: %w", err))
	}
	if err := msgservice.ValidateProtoAnnotations(files); err != nil {
		panic(fmt.Errorf("validate proto annotations: %w", err))
	}
}

// setHandlers mounts the stores and hangs our functions into the block's life.
func (app *App) setHandlers() {
	app.MountKVStores(app.keys)
	app.MountObjectStores(app.objectKeys)
	app.SetInitChainer(app.initChain)
	app.SetPreBlocker(func(ctx sdk.Context, _ *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
		return app.moduleManager.PreBlock(ctx)
	})
	app.SetBeginBlocker(app.moduleManager.BeginBlock)
	app.SetEndBlocker(app.moduleManager.EndBlock)
	anteHandler, err := app.newAnteHandler()
	if err != nil {
		panic(fmt.Errorf("build the ante handler: %w", err))
	}
	app.SetAnteHandler(anteHandler)
}

// initChain writes the genesis state of every module.
func (app *App) initChain(ctx sdk.Context, request *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state GenesisState
	if err := json.Unmarshal(request.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("read app_state of the genesis file: %w", err)
	}
	if err := app.UpgradeKeeper.SetModuleVersionMap(ctx, app.moduleManager.GetVersionMap()); err != nil {
		return nil, fmt.Errorf("record module versions: %w", err)
	}
	response, err := app.moduleManager.InitGenesis(ctx, app.encoding.Codec, state)
	if err != nil {
		return nil, err
	}
	// Only now is every module's state there.
	if err := app.RegistryKeeper.CheckParams(ctx); err != nil {
		return nil, fmt.Errorf("parameters of the modules do not fit each other: %w", err)
	}
	// Nothing mints: what fits now always fits, and every sum of amounts in a batch with it (T36).
	if supply := app.BankKeeper.GetSupply(ctx, identity.Denom).Amount; !supply.IsUint64() {
		return nil, fmt.Errorf("expected a supply below 2^64 ulam, found %s", supply)
	}
	return response, nil
}

// Encoding returns the codecs, with the types of all modules registered.
func (app *App) Encoding() Encoding { return app.encoding }

// BasicModules returns the stateless part of all modules.
func (app *App) BasicModules() module.BasicManager { return app.basicModules }

// StoreKey returns the key of a module's store, for tests that look beneath a keeper.
func (app *App) StoreKey(name string) *storetypes.KVStoreKey { return app.keys[name] }

// SimulationManager returns the modules that take part in randomized simulation.
func (app *App) SimulationManager() *module.SimulationManager { return app.simulation }
