package app

import (
	"github.com/spf13/cast"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/codec/address"
	"github.com/cosmos/cosmos-sdk/runtime"
	"github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	evidencekeeper "github.com/cosmos/cosmos-sdk/x/evidence/keeper"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradekeeper "github.com/cosmos/cosmos-sdk/x/upgrade/keeper"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/lamina-network/lamina/chain/app/identity"
	escrowkeeper "github.com/lamina-network/lamina/chain/x/escrow/keeper"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrykeeper "github.com/lamina-network/lamina/chain/x/registry/keeper"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rollupkeeper "github.com/lamina-network/lamina/chain/x/rollup/keeper"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// Keepers hold the state of each module. They are exported so that tests may look, and set up what no message can.
type Keepers struct {
	AccountKeeper   authkeeper.AccountKeeper
	BankKeeper      bankkeeper.Keeper
	StakingKeeper   *stakingkeeper.Keeper
	SlashingKeeper  slashingkeeper.Keeper
	DistrKeeper     distrkeeper.Keeper
	EvidenceKeeper  *evidencekeeper.Keeper
	GovKeeper       *govkeeper.Keeper
	UpgradeKeeper   *upgradekeeper.Keeper
	ConsensusKeeper consensuskeeper.Keeper
	RegistryKeeper  *registrykeeper.Keeper
	EscrowKeeper    *escrowkeeper.Keeper
	RollupKeeper    *rollupkeeper.Keeper
}

// storeKeyNames are the persistent stores, one a module. A name is part of the app hash: it is never renamed.
func storeKeyNames() []string {
	return []string{
		authtypes.StoreKey, banktypes.StoreKey, stakingtypes.StoreKey, slashingtypes.StoreKey,
		distrtypes.StoreKey, evidencetypes.StoreKey, govtypes.StoreKey, upgradetypes.StoreKey,
		consensustypes.StoreKey, registrytypes.StoreKey, escrowtypes.StoreKey,
		rolluptypes.StoreKey,
	}
}

// buildKeepers creates keepers in order of dependency. It panics on a wiring mistake, as the SDK's constructors do.
func (app *App) buildKeepers(logger log.Logger, options servertypes.AppOptions) {
	app.buildAccountKeepers(logger)
	app.buildValidatorKeepers()
	app.buildGovernanceKeepers(options)
	app.buildSettlementKeepers()
}

// store gives a module its own key-value store and nobody else's.
func (app *App) store(name string) storeService {
	return runtime.NewKVStoreService(app.keys[name])
}

func (app *App) buildAccountKeepers(logger log.Logger) {
	cdc := app.encoding.Codec
	app.ConsensusKeeper = consensuskeeper.NewKeeper(
		cdc, app.store(consensustypes.StoreKey), Authority(), runtime.EventService{})
	app.SetParamStore(app.ConsensusKeeper.ParamsStore)

	app.AccountKeeper = authkeeper.NewAccountKeeper(
		cdc, app.store(authtypes.StoreKey), authtypes.ProtoBaseAccount, moduleAccountPermissions(),
		address.NewBech32Codec(identity.Bech32Prefix), identity.Bech32Prefix, Authority(),
		authkeeper.WithUnorderedTransactions(true))

	app.BankKeeper = bankkeeper.NewBaseKeeper(
		cdc, app.store(banktypes.StoreKey), app.AccountKeeper, blockedAddresses(), Authority(), logger,
	).WithObjStoreKey(app.objectKeys[banktypes.ObjectStoreKey])
}

func (app *App) buildValidatorKeepers() {
	cdc := app.encoding.Codec
	app.StakingKeeper = stakingkeeper.NewKeeper(
		cdc, app.store(stakingtypes.StoreKey), app.AccountKeeper, app.BankKeeper, Authority(),
		address.NewBech32Codec(identity.Bech32Prefix+"valoper"), address.NewBech32Codec(identity.Bech32Prefix+"valcons"))

	app.DistrKeeper = distrkeeper.NewKeeper(
		cdc, app.store(distrtypes.StoreKey), app.AccountKeeper, app.BankKeeper, app.StakingKeeper,
		authtypes.FeeCollectorName, Authority())

	app.SlashingKeeper = slashingkeeper.NewKeeper(
		cdc, app.encoding.Amino, app.store(slashingtypes.StoreKey), app.StakingKeeper, Authority())

	app.StakingKeeper.SetHooks(stakingtypes.NewMultiStakingHooks(app.DistrKeeper.Hooks(), app.SlashingKeeper.Hooks()))

	app.EvidenceKeeper = evidencekeeper.NewKeeper(
		cdc, app.store(evidencetypes.StoreKey), app.StakingKeeper, app.SlashingKeeper,
		app.AccountKeeper.AddressCodec(), runtime.ProvideCometInfoService())
	// Equivocation arrives from CometBFT, not by message, so no evidence type has a route.
	app.EvidenceKeeper.SetRouter(evidencetypes.NewRouter())
}

func (app *App) buildGovernanceKeepers(options servertypes.AppOptions) {
	cdc := app.encoding.Codec
	skipHeights := map[int64]bool{}
	for _, height := range cast.ToIntSlice(options.Get(server.FlagUnsafeSkipUpgrades)) {
		skipHeights[int64(height)] = true
	}
	app.UpgradeKeeper = upgradekeeper.NewKeeper(
		skipHeights, app.store(upgradetypes.StoreKey), cdc, cast.ToString(options.Get(flags.FlagHome)), app.BaseApp, Authority())

	app.GovKeeper = govkeeper.NewKeeper(
		cdc, app.store(govtypes.StoreKey), app.AccountKeeper, app.BankKeeper, app.DistrKeeper, app.MsgServiceRouter(),
		govtypes.DefaultConfig(), Authority(), govkeeper.NewDefaultCalculateVoteResultsAndVotingPower(app.StakingKeeper))
	// No proposal of the old kind has a handler; without a router x/gov would panic over one instead of refusing it.
	app.GovKeeper.SetLegacyRouter(govv1beta1.NewRouter())
}

// buildSettlementKeepers creates Lamina's own keepers. The registry stands first; it learns of escrow afterwards, since
// keys and lives of jobs are checked in both directions.
func (app *App) buildSettlementKeepers() {
	cdc := app.encoding.Codec
	app.RegistryKeeper = registrykeeper.NewKeeper(
		cdc, app.store(registrytypes.StoreKey), app.AccountKeeper, app.BankKeeper, Authority())
	app.EscrowKeeper = escrowkeeper.NewKeeper(
		cdc, app.store(escrowtypes.StoreKey), app.AccountKeeper, app.BankKeeper, app.RegistryKeeper, Authority())
	app.RegistryKeeper.SetEscrow(app.EscrowKeeper)
	app.RollupKeeper = rollupkeeper.New(
		cdc, app.store(rolluptypes.StoreKey), Authority(), app.AccountKeeper, app.RegistryKeeper, app.EscrowKeeper)
	app.RegistryKeeper.SetWindowSource(app.RollupKeeper)
	app.RegistryKeeper.SetSequencerHooks(app.RollupKeeper)
}

// newStoreKeys makes the keys of all stores: persistent ones, and bank's per-block object store.
func newStoreKeys() (map[string]*storetypes.KVStoreKey, map[string]*storetypes.ObjectStoreKey) {
	return storetypes.NewKVStoreKeys(storeKeyNames()...), storetypes.NewObjectStoreKeys(banktypes.ObjectStoreKey)
}
