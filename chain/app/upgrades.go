package app

import (
	"context"
	"fmt"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// coordinatedUpgrade is one change of the binary: the name that governance votes for, and the stores that appear or
// disappear with it. Module migrations run by themselves, by consensus version.
type coordinatedUpgrade struct {
	name   string
	stores storetypes.StoreUpgrades
}

// upgrades lists every upgrade this binary can perform; the first release has none behind it.
func upgrades() []coordinatedUpgrade { return nil }

// registerUpgrades installs a handler for each upgrade and, right after one was reached, its store changes.
func (app *App) registerUpgrades() {
	pending, err := app.UpgradeKeeper.ReadUpgradeInfoFromDisk()
	if err != nil {
		panic(fmt.Errorf("read upgrade-info.json: %w", err))
	}
	for _, step := range upgrades() {
		app.UpgradeKeeper.SetUpgradeHandler(step.name,
			func(ctx context.Context, _ upgradetypes.Plan, from module.VersionMap) (module.VersionMap, error) {
				return app.moduleManager.RunMigrations(ctx, app.configurator, from)
			})
		if pending.Name == step.name && !app.UpgradeKeeper.IsSkipHeight(pending.Height) {
			app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(pending.Height, &step.stores))
		}
	}
}
