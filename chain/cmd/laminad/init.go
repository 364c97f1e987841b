package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/lamina-network/lamina/chain/app"
)

// initCommand is the SDK's `init` with Lamina's genesis: the SDK's own leaves a block's gas unlimited.
func initCommand(lender *app.App) *cobra.Command {
	command := genutilcli.InitCmd(lender.BasicModules(), app.DefaultHome())
	initialize := command.RunE
	command.RunE = func(command *cobra.Command, arguments []string) error {
		if err := initialize(command, arguments); err != nil {
			return err
		}
		return boundGenesis(lender, server.GetServerContextFromCmd(command).Config.GenesisFile())
	}
	return command
}

// boundGenesis replaces state and consensus parameters of a fresh genesis file by Lamina's defaults.
func boundGenesis(lender *app.App, path string) error {
	genesis, err := genutiltypes.AppGenesisFromFile(path)
	if err != nil {
		return err
	}
	state, err := lender.DefaultGenesis()
	if err != nil {
		return err
	}
	if genesis.AppState, err = json.MarshalIndent(state, "", "  "); err != nil {
		return fmt.Errorf("encode genesis state: %w", err)
	}
	keyTypes := genesis.Consensus.Params.Validator.PubKeyTypes
	genesis.Consensus.Params = app.DefaultConsensusParams()
	genesis.Consensus.Params.Validator.PubKeyTypes = keyTypes
	return genutil.ExportGenesisFile(genesis, path)
}
