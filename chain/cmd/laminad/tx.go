package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	authcli "github.com/cosmos/cosmos-sdk/x/auth/client/cli"
)

func txCommand(basics module.BasicManager) *cobra.Command {
	command := &cobra.Command{
		Use:   "tx",
		Short: "Make, sign and send transactions",
		RunE:  client.ValidateCmd,
	}
	command.AddCommand(
		messageCommand(),
		authcli.GetSignCommand(),
		authcli.GetSignBatchCommand(),
		authcli.GetMultiSignCommand(),
		authcli.GetMultiSignBatchCmd(),
		authcli.GetValidateSignaturesCommand(),
		authcli.GetBroadcastCommand(),
		authcli.GetEncodeCommand(),
		authcli.GetDecodeCommand(),
		authcli.GetSimulateCmd(),
	)
	basics.AddTxCommands(command)
	return command
}

// messageCommand sends any message of any module, written as JSON with its type.
func messageCommand() *cobra.Command {
	command := &cobra.Command{
		Use:     "message MESSAGE|-",
		Short:   "Send one message, or an array of messages, given in JSON with \"@type\"; - reads standard input",
		Example: `laminad tx message '{"@type":"/cosmos.slashing.v1beta1.MsgUnjail","validator_addr":"laminavaloper1..."}' --from KEY`,
		Args:    cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			context, err := client.GetClientTxContext(command)
			if err != nil {
				return err
			}
			text := []byte(arguments[0])
			if arguments[0] == "-" {
				if text, err = io.ReadAll(command.InOrStdin()); err != nil {
					return fmt.Errorf("read messages from standard input: %w", err)
				}
			}
			messages, err := parseMessages(context, text)
			if err != nil {
				return err
			}
			return tx.GenerateOrBroadcastTxCLI(context, command.Flags(), messages...)
		},
	}
	flags.AddTxFlagsToCmd(command)
	return command
}

func parseMessages(context client.Context, text []byte) ([]sdk.Msg, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(text, &list); err != nil {
		list = []json.RawMessage{text}
	}
	messages := make([]sdk.Msg, len(list))
	for index, item := range list {
		if err := context.Codec.UnmarshalInterfaceJSON(item, &messages[index]); err != nil {
			return nil, fmt.Errorf("read message %d: %w", index, err)
		}
	}
	return messages, nil
}
