// Package devnet writes the files of a whole development network, so that starting one is starting its nodes.
package devnet

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/lamina-network/lamina/chain/app"
)

// Command is `laminad devnet`.
func Command(lender *app.App) *cobra.Command {
	command := &cobra.Command{Use: "devnet", Short: "Make development networks", RunE: func(command *cobra.Command, _ []string) error {
		return command.Help()
	}}
	command.AddCommand(initCommand(lender))
	return command
}

func initCommand(lender *app.App) *cobra.Command {
	var options Options
	command := &cobra.Command{
		Use:   "init",
		Short: "Write the homes of all validators and one genesis; prints what it wrote as JSON",
		Long: `Writes HOME-ROOT/node0, node1, ... each ready for "laminad start --home". Node i listens on loopback, at
port-base + 10*i (p2p), +1 (RPC), +2 (gRPC, if asked), +3 (REST, if asked) and +4 (metrics, if asked).
Keys lie unencrypted in each home: the chain id must start with lamina-dev.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			options.Time = time.Now()
			summary, err := Init(lender, options)
			if err != nil {
				return err
			}
			encoder := json.NewEncoder(command.OutOrStdout())
			encoder.SetIndent("", "  ")
			return encoder.Encode(summary)
		},
		// The root's preparation would create a default home, which this command does not use.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
	}
	flags := command.Flags()
	flags.StringVar(&options.HomeRoot, "home-root", "", "folder for the nodes' homes (required; must not hold nodes yet)")
	flags.IntVar(&options.Validators, "validators", 1, "number of validators, 1 to 100")
	flags.StringVar(&options.Preset, "preset", "minimal", "parameters: minimal or mainnet")
	flags.StringVar(&options.ChainID, "chain-id", "lamina-dev", "chain id, lamina-dev or lamina-dev-*")
	flags.IntVar(&options.PortBase, "port-base", 26600, "first port; each node takes ten")
	flags.StringVar(&options.AccountsFile, "accounts", "", "JSON file of balances: [{\"address\": \"lamina1...\", \"coins\": \"1000000ulam\"}]")
	flags.StringVar(&options.GenesisFile, "genesis-overrides", "", "JSON file merged over the preset: {\"module\": {...}}")
	flags.BoolVar(&options.GRPC, "grpc", false, "serve gRPC on loopback")
	flags.BoolVar(&options.API, "api", false, "serve REST on loopback")
	flags.BoolVar(&options.Metrics, "metrics", false, "serve Prometheus metrics on loopback")
	flags.StringVar(&options.Indexer, "indexer", "kv", "CometBFT's transaction index: kv or null")
	flags.DurationVar(&options.TimeoutCommit, "timeout-commit", 0, "pause after each block (default: the preset's block interval)")
	if err := command.MarkFlagRequired("home-root"); err != nil {
		panic(fmt.Errorf("mark --home-root as required: %w", err))
	}
	return command
}
