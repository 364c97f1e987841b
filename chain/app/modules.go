package app

import (
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authsims "github.com/cosmos/cosmos-sdk/x/auth/simulation"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distr "github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/evidence"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govclient "github.com/cosmos/cosmos-sdk/x/gov/client"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/cosmos-sdk/x/upgrade"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/lamina-network/lamina/chain/x/escrow"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	"github.com/lamina-network/lamina/chain/x/registry"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	"github.com/lamina-network/lamina/chain/x/rollup"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// newModuleManager lists every module of the chain.
func (app *App) newModuleManager() *module.Manager {
	cdc := app.encoding.Codec
	return module.NewManager(
		genutil.NewAppModule(app.AccountKeeper, app.StakingKeeper, app, app.encoding.TxConfig),
		auth.NewAppModule(cdc, app.AccountKeeper, authsims.RandomGenesisAccounts),
		bank.NewAppModule(cdc, app.BankKeeper, app.AccountKeeper),
		staking.NewAppModule(cdc, app.StakingKeeper, app.AccountKeeper, app.BankKeeper),
		slashing.NewAppModule(cdc, app.SlashingKeeper, app.AccountKeeper, app.BankKeeper, app.StakingKeeper, app.encoding.InterfaceRegistry),
		distr.NewAppModule(cdc, app.DistrKeeper, app.AccountKeeper, app.BankKeeper, app.StakingKeeper),
		evidence.NewAppModule(*app.EvidenceKeeper),
		gov.NewAppModule(cdc, app.GovKeeper, app.AccountKeeper, app.BankKeeper),
		upgrade.NewAppModule(app.UpgradeKeeper, app.AccountKeeper.AddressCodec()),
		consensus.NewAppModule(cdc, app.ConsensusKeeper),
		registry.NewAppModule(app.RegistryKeeper),
		escrow.NewAppModule(app.EscrowKeeper),
		rollup.NewAppModule(app.RollupKeeper),
	)
}

// newBasicModuleManager is the part of the modules that works without state: codecs, default genesis, commands.
func newBasicModuleManager(manager *module.Manager) module.BasicManager {
	return module.NewBasicManagerFromManager(manager, map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
		govtypes.ModuleName:     gov.NewAppModuleBasic([]govclient.ProposalHandler{}),
	})
}

// setModuleOrders fixes the order in which modules act. It is consensus: two nodes with different orders fork.
func setModuleOrders(manager *module.Manager) {
	// An upgrade must happen before anything reads state by the new code; auth drops expired unordered nonces.
	manager.SetOrderPreBlockers(upgradetypes.ModuleName, authtypes.ModuleName)
	// Distribution pays out the last block's fees before slashing changes the powers they were earned with.
	manager.SetOrderBeginBlockers(
		distrtypes.ModuleName, slashingtypes.ModuleName, evidencetypes.ModuleName, stakingtypes.ModuleName)
	// Staking comes last but for bank, so that it reports the validator set as it stands after all other changes.
	manager.SetOrderEndBlockers(
		govtypes.ModuleName, rolluptypes.ModuleName, escrowtypes.ModuleName, registrytypes.ModuleName, stakingtypes.ModuleName, banktypes.ModuleName)
	genesisOrder := []string{
		authtypes.ModuleName, banktypes.ModuleName, distrtypes.ModuleName, stakingtypes.ModuleName,
		slashingtypes.ModuleName, govtypes.ModuleName, evidencetypes.ModuleName, upgradetypes.ModuleName,
		consensustypes.ModuleName, registrytypes.ModuleName, escrowtypes.ModuleName, rolluptypes.ModuleName,
		// Genesis transactions create validators: they need accounts, balances and all parameters.
		genutiltypes.ModuleName,
	}
	manager.SetOrderInitGenesis(genesisOrder...)
	manager.SetOrderExportGenesis(genesisOrder...)
}
