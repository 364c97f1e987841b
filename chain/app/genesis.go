package app

import (
	"encoding/json"
	"fmt"

	cmttypes "github.com/cometbft/cometbft/types"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/lamina-network/lamina/chain/app/identity"
)

// GenesisState maps a module's name to its state as JSON.
type GenesisState = map[string]json.RawMessage

const (
	// BlockBytesMax bounds a block: two full batches fit. CometBFT's own default is four times as much and more.
	BlockBytesMax = 4_000_000
	// BlockGasMax bounds the work of a block (T50): by the default charge of 10 gas a byte, a block full of bytes costs
	// 40 million, which leaves more than as much again for what the messages do.
	BlockGasMax = 100_000_000
)

// DefaultGenesis is every module's default state, with the coin described.
func (app *App) DefaultGenesis() (GenesisState, error) {
	state := app.basicModules.DefaultGenesis(app.encoding.Codec)
	bank := banktypes.DefaultGenesisState()
	bank.DenomMetadata = []banktypes.Metadata{identity.CoinMetadata()}
	encoded, err := app.encoding.Codec.MarshalJSON(bank)
	if err != nil {
		return nil, fmt.Errorf("encode bank genesis: %w", err)
	}
	state[banktypes.ModuleName] = encoded
	return state, nil
}

// DefaultConsensusParams are CometBFT's, with the block bounded in bytes and gas.
func DefaultConsensusParams() *cmttypes.ConsensusParams {
	params := cmttypes.DefaultConsensusParams()
	params.Block.MaxBytes = BlockBytesMax
	params.Block.MaxGas = BlockGasMax
	return params
}
