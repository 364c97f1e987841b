// Package genesis builds the first state of a network: accounts, validators and the parameters of a preset. Devnets
// and tests use the same code, so what tests run on is what `laminad devnet init` writes.
package genesis

import (
	"encoding/json"
	"fmt"
	"time"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/codec"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/identity"
)

// Account is a balance at genesis.
type Account struct {
	Address sdk.AccAddress
	Coins   sdk.Coins
}

// Validator takes part in consensus from the first block. Its operator must be able to pay SelfBond from Accounts.
type Validator struct {
	Moniker      string
	Operator     cryptotypes.PrivKey
	ConsensusKey cryptotypes.PubKey
	// SelfBond is in ulam; one unit of voting power is a million.
	SelfBond sdkmath.Int
	// PeerAddress is `node-id@host:port`, kept as the memo of the genesis transaction.
	PeerAddress string
}

// Options are what a network's first state depends on.
type Options struct {
	ChainID       string
	Time          time.Time
	InitialHeight int64
	Preset        Preset
	Accounts      []Account
	Validators    []Validator
	// Modules overrides parts of module states, merged over the preset: module name to partial JSON.
	Modules map[string]json.RawMessage
}

// Build returns the genesis file's content. lender provides codecs and default states; it may be any App.
func Build(lender *app.App, options Options) (*genutiltypes.AppGenesis, error) {
	state, err := lender.DefaultGenesis()
	if err != nil {
		return nil, err
	}
	cdc := lender.Encoding().Codec
	if err := setBalances(state, cdc, options.Accounts); err != nil {
		return nil, err
	}
	for _, layer := range []map[string]json.RawMessage{options.Preset.SDK, options.Preset.Protocol, options.Modules} {
		if err := mergeModules(state, layer); err != nil {
			return nil, err
		}
	}
	if err := setGenesisTransactions(state, lender.Encoding(), options); err != nil {
		return nil, err
	}
	if err := lender.BasicModules().ValidateGenesis(cdc, lender.Encoding().TxConfig, state); err != nil {
		return nil, fmt.Errorf("validate genesis: %w", err)
	}
	return assemble(state, options)
}

func setBalances(state app.GenesisState, cdc codec.JSONCodec, accounts []Account) error {
	var auth authtypes.GenesisState
	var bank banktypes.GenesisState
	cdc.MustUnmarshalJSON(state[authtypes.ModuleName], &auth)
	cdc.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	entries := make(authtypes.GenesisAccounts, 0, len(accounts))
	for _, account := range accounts {
		if account.Coins.AmountOf(identity.Denom).IsZero() || len(account.Coins) != 1 {
			return fmt.Errorf("account %s: expected coins of %s alone, found %q", account.Address, identity.Denom, account.Coins)
		}
		entries = append(entries, authtypes.NewBaseAccount(account.Address, nil, 0, 0))
		bank.Balances = append(bank.Balances, banktypes.Balance{Address: account.Address.String(), Coins: account.Coins})
		bank.Supply = bank.Supply.Add(account.Coins...)
	}
	packed, err := authtypes.PackAccounts(authtypes.SanitizeGenesisAccounts(entries))
	if err != nil {
		return fmt.Errorf("pack genesis accounts: %w", err)
	}
	auth.Accounts = packed
	if state[authtypes.ModuleName], err = cdc.MarshalJSON(&auth); err != nil {
		return fmt.Errorf("encode auth genesis: %w", err)
	}
	if state[banktypes.ModuleName], err = cdc.MarshalJSON(&bank); err != nil {
		return fmt.Errorf("encode bank genesis: %w", err)
	}
	return nil
}

func assemble(state app.GenesisState, options Options) (*genutiltypes.AppGenesis, error) {
	encoded, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode genesis state: %w", err)
	}
	params := app.DefaultConsensusParams()
	params.Block.MaxBytes = options.Preset.BlockBytesMax
	params.Block.MaxGas = options.Preset.BlockGasMax
	params.Evidence.MaxAgeDuration = options.Preset.EvidenceAge
	params.Evidence.MaxAgeNumBlocks = options.Preset.EvidenceAgeBlocks
	genesis := genutiltypes.NewAppGenesisWithVersion(options.ChainID, encoded)
	genesis.AppName = identity.AppName
	genesis.GenesisTime = options.Time.UTC()
	genesis.InitialHeight = max(options.InitialHeight, 1)
	genesis.Consensus.Params = params
	if err := genesis.ValidateAndComplete(); err != nil {
		return nil, fmt.Errorf("validate genesis file: %w", err)
	}
	return genesis, nil
}
