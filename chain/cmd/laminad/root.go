package main

import (
	"fmt"
	"os"

	cmtconfig "github.com/cometbft/cometbft/config"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/client"
	clientconfig "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/debug"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/keys"
	"github.com/cosmos/cosmos-sdk/client/pruning"
	"github.com/cosmos/cosmos-sdk/client/snapshot"
	"github.com/cosmos/cosmos-sdk/server"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/cmd/laminad/devnet"
	"github.com/lamina-network/lamina/chain/cmd/laminad/nodeconfig"
)

// noOptions answers every application option with nothing, for an application that only lends its codecs.
type noOptions struct{}

func (noOptions) Get(string) any { return nil }

// newRootCommand builds the whole command tree.
func newRootCommand() *cobra.Command {
	sdk.GetConfig().Seal()
	// Codecs and the list of commands come from an application that never sees a block.
	lender := app.New(log.NewNopLogger(), dbm.NewMemDB(), false, noOptions{})
	initial := initialContext(lender.Encoding())

	root := &cobra.Command{
		Use:           "laminad",
		Short:         "Lamina's settlement node: orders what was inferred, judges it and moves the money",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(command *cobra.Command, _ []string) error {
			return prepare(command, initial)
		},
	}
	addCommands(root, lender)
	overrideFlagDefaults(root, map[string]string{flags.FlagKeyringBackend: "os"})
	return root
}

func initialContext(encoding app.Encoding) client.Context {
	return client.Context{}.
		WithCodec(encoding.Codec).
		WithInterfaceRegistry(encoding.InterfaceRegistry).
		WithTxConfig(encoding.TxConfig).
		WithLegacyAmino(encoding.Amino).
		WithInput(os.Stdin).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(app.DefaultHome()).
		WithViper("")
}

// prepare reads client.toml, config.toml and app.toml of the home, refuses unsafe keyrings and stores the contexts.
func prepare(command *cobra.Command, initial client.Context) error {
	command.SetOut(command.OutOrStdout())
	command.SetErr(command.ErrOrStderr())
	context := initial.WithCmdContext(command.Context())
	context, err := client.ReadPersistentCommandFlags(context, command.Flags())
	if err != nil {
		return err
	}
	context, err = clientconfig.ReadFromClientConfig(context)
	if err != nil {
		return err
	}
	// Flags win over client.toml, which is read in between because --home decides where it lies.
	context, err = client.ReadPersistentCommandFlags(context, command.Flags())
	if err != nil {
		return err
	}
	if err := refuseUnsafeKeyring(command, context); err != nil {
		return err
	}
	if err := client.SetCmdClientContextHandler(context, command); err != nil {
		return err
	}
	return server.InterceptConfigsPreRunHandler(command, serverconfig.DefaultConfigTemplate,
		nodeconfig.DefaultApp(), nodeconfig.Comet(cmtconfig.DefaultConfig()))
}

func addCommands(root *cobra.Command, lender *app.App) {
	encoding, basics := lender.Encoding(), lender.BasicModules()
	root.AddCommand(
		initCommand(lender),
		genutilcli.Commands(encoding.TxConfig, basics, app.DefaultHome()),
		devnet.Command(lender),
		keysCommand(),
		debug.Cmd(),
		pruning.Cmd(newApp, app.DefaultHome()),
		snapshot.Cmd(newApp),
		server.StatusCommand(),
		queryCommand(),
		txCommand(basics),
	)
	server.AddCommands(root, app.DefaultHome(), newApp, exportApp, func(*cobra.Command) {})
}

// keysCommand takes the chain id too, which decides whether keys may lie unencrypted.
func keysCommand() *cobra.Command {
	command := keys.Commands()
	command.PersistentFlags().String(flags.FlagChainID, "", "chain that the keys are for")
	return command
}

func newApp(logger log.Logger, db dbm.DB, options servertypes.AppOptions) servertypes.Application {
	return app.New(logger, db, true, options, server.DefaultBaseappOptions(options)...)
}

// exportApp opens the state at a height, or the latest for -1, and writes it as a genesis state.
func exportApp(
	logger log.Logger, db dbm.DB, height int64, forZeroHeight bool, _ []string,
	options servertypes.AppOptions, modules []string,
) (servertypes.ExportedApp, error) {
	exporter := app.New(logger, db, height == -1, options, server.DefaultBaseappOptions(options)...)
	if height != -1 {
		if err := exporter.LoadVersion(height); err != nil {
			return servertypes.ExportedApp{}, fmt.Errorf("open state at height %d: %w", height, err)
		}
	}
	return exporter.Export(forZeroHeight, modules)
}

// overrideFlagDefaults changes a flag's default wherever a command defines it.
func overrideFlagDefaults(command *cobra.Command, defaults map[string]string) {
	set := func(flag *pflag.Flag) {
		if value, ok := defaults[flag.Name]; ok {
			flag.DefValue = value
			_ = flag.Value.Set(value)
		}
	}
	command.Flags().VisitAll(set)
	command.PersistentFlags().VisitAll(set)
	for _, child := range command.Commands() {
		overrideFlagDefaults(child, defaults)
	}
}
