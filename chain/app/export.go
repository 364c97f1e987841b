package app

import (
	"encoding/json"
	"errors"
	"fmt"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
)

// ErrZeroHeightExport is returned for `export --for-zero-height`: heights are part of what this chain has promised
// (windows, locks, expiry), so a network may continue only at the height after its last.
var ErrZeroHeightExport = errors.New("export for height zero is not offered: continue at the exported height instead")

// Export writes the last committed state, to start a network from at the next height. modules narrows it; empty means
// all. Time and chain id of the new network must follow this one's, since signatures and locks refer to them.
func (app *App) Export(forZeroHeight bool, modules []string) (servertypes.ExportedApp, error) {
	if forZeroHeight {
		return servertypes.ExportedApp{}, ErrZeroHeightExport
	}
	header := cmtproto.Header{ChainID: app.ChainID(), Height: app.LastBlockHeight()}
	ctx := sdk.NewContext(app.CommitMultiStore().CacheMultiStore(), header, true, app.Logger())
	state, err := app.ExportState(ctx, modules)
	if err != nil {
		return servertypes.ExportedApp{}, err
	}
	validators, err := staking.WriteValidators(ctx, app.StakingKeeper)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("export validators: %w", err)
	}
	return servertypes.ExportedApp{
		AppState:        state,
		Validators:      validators,
		Height:          app.LastBlockHeight() + 1,
		ConsensusParams: app.GetConsensusParams(ctx),
	}, nil
}

// ExportState writes the state that ctx sees, module by module.
func (app *App) ExportState(ctx sdk.Context, modules []string) (json.RawMessage, error) {
	state, err := app.moduleManager.ExportGenesisForModules(ctx, app.encoding.Codec, modules)
	if err != nil {
		return nil, fmt.Errorf("export module state: %w", err)
	}
	encoded, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode app state: %w", err)
	}
	return encoded, nil
}
