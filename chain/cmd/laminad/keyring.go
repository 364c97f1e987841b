package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"

	"github.com/lamina-network/lamina/chain/app/identity"
)

// UnsafeKeyringError refuses keys without a passphrase on a chain that may hold value.
type UnsafeKeyringError struct{ ChainID string }

func (e *UnsafeKeyringError) Error() string {
	return fmt.Sprintf("keyring backend %q keeps keys unencrypted: expected a chain id %s or %s-*, found %q; use --keyring-backend file or os",
		keyring.BackendTest, identity.DevelopmentChainPrefix, identity.DevelopmentChainPrefix, e.ChainID)
}

// refuseUnsafeKeyring stops every command that would use the `test` backend outside development networks. The chain id
// is the one of --chain-id or of the home's client.toml.
func refuseUnsafeKeyring(command *cobra.Command, context client.Context) error {
	if command.Flags().Lookup(flags.FlagKeyringBackend) == nil || context.Keyring == nil {
		return nil
	}
	if context.Keyring.Backend() != keyring.BackendTest || identity.IsDevelopmentChain(context.ChainID) {
		return nil
	}
	return &UnsafeKeyringError{ChainID: context.ChainID}
}
