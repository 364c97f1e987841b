// Package identity names what every part of the chain must agree on before any state exists: the address
// prefix, the coin and the chain ids that count as development networks. It imports nothing of the application,
// so that modules and their tests may import it.
package identity

import (
	"strings"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

const (
	// AppName is the name the node reports to CometBFT and writes into genesis files.
	AppName = "lamina"
	// Bech32Prefix starts every account address; validator and consensus addresses add `valoper` and `valcons`.
	Bech32Prefix = "lamina"
	// Denom is the only coin: one millionth of a LAM. All amounts on chain are integers of it.
	Denom = "ulam"
	// DisplayDenom is what wallets show.
	DisplayDenom = "lam"
	// DisplayExponent is the power of ten between Denom and DisplayDenom.
	DisplayExponent = 6
	// DevelopmentChainPrefix marks chain ids whose keys may lie unencrypted on disk.
	DevelopmentChainPrefix = "lamina-dev"
)

// The SDK keeps prefixes and the default coin in globals which address codecs and default genesis states read while
// they are built. Setting them at package load makes every binary and test that imports this package agree.
func init() {
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(Bech32Prefix, Bech32Prefix+"pub")
	config.SetBech32PrefixForValidator(Bech32Prefix+"valoper", Bech32Prefix+"valoperpub")
	config.SetBech32PrefixForConsensusNode(Bech32Prefix+"valcons", Bech32Prefix+"valconspub")
	sdk.DefaultBondDenom = Denom
}

// IsDevelopmentChain tells whether chainID names a network that holds nothing of value: `lamina-dev`, or
// `lamina-dev-` and anything after it. `lamina-device` is not one.
func IsDevelopmentChain(chainID string) bool {
	return chainID == DevelopmentChainPrefix || strings.HasPrefix(chainID, DevelopmentChainPrefix+"-")
}

// CoinMetadata describes ulam to wallets; it goes into the bank module's genesis.
func CoinMetadata() banktypes.Metadata {
	return banktypes.Metadata{
		Description: "The coin that pays for inference and backs the work of its operators.",
		Base:        Denom,
		Display:     DisplayDenom,
		Name:        "Lamina",
		Symbol:      "LAM",
		DenomUnits: []*banktypes.DenomUnit{
			{Denom: Denom, Exponent: 0, Aliases: []string{"microlam"}},
			{Denom: DisplayDenom, Exponent: DisplayExponent},
		},
	}
}
