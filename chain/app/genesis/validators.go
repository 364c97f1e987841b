package genesis

import (
	"context"
	"encoding/json"
	"fmt"

	sdkmath "cosmossdk.io/math"

	clienttx "github.com/cosmos/cosmos-sdk/client/tx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/identity"
)

// genesisGas is never charged at height zero; it only has to be there to be signed.
const genesisGas = 1_000_000

// setGenesisTransactions adds one signed MsgCreateValidator a validator, as `laminad genesis gentx` would: validators
// then enter by the same code as later ones, hooks and signing records included.
func setGenesisTransactions(state app.GenesisState, encoding app.Encoding, options Options) error {
	transactions := make([]json.RawMessage, 0, len(options.Validators))
	for _, validator := range options.Validators {
		encoded, err := createValidatorTransaction(encoding, options.ChainID, validator)
		if err != nil {
			return fmt.Errorf("validator %q: %w", validator.Moniker, err)
		}
		transactions = append(transactions, encoded)
	}
	encoded, err := encoding.Codec.MarshalJSON(genutiltypes.NewGenesisState(transactions))
	if err != nil {
		return fmt.Errorf("encode genesis transactions: %w", err)
	}
	state[genutiltypes.ModuleName] = encoded
	return nil
}

func createValidatorTransaction(encoding app.Encoding, chainID string, validator Validator) (json.RawMessage, error) {
	address := sdk.AccAddress(validator.Operator.PubKey().Address())
	message, err := stakingtypes.NewMsgCreateValidator(
		sdk.ValAddress(address).String(), validator.ConsensusKey, sdk.NewCoin(identity.Denom, validator.SelfBond),
		stakingtypes.Description{Moniker: validator.Moniker},
		stakingtypes.NewCommissionRates(sdkmath.LegacyNewDecWithPrec(5, 2), sdkmath.LegacyNewDecWithPrec(20, 2), sdkmath.LegacyNewDecWithPrec(1, 2)),
		sdkmath.OneInt())
	if err != nil {
		return nil, fmt.Errorf("make MsgCreateValidator: %w", err)
	}
	builder := encoding.TxConfig.NewTxBuilder()
	if err := builder.SetMsgs(message); err != nil {
		return nil, fmt.Errorf("set message: %w", err)
	}
	builder.SetMemo(validator.PeerAddress)
	builder.SetGasLimit(genesisGas)
	// The signature's bytes cover the signer infos, so an empty signature goes in first.
	if err := builder.SetSignatures(signing.SignatureV2{
		PubKey: validator.Operator.PubKey(),
		Data:   &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT},
	}); err != nil {
		return nil, fmt.Errorf("set signer: %w", err)
	}
	signature, err := clienttx.SignWithPrivKey(context.Background(), signing.SignMode_SIGN_MODE_DIRECT, authsigning.SignerData{
		Address: address.String(), ChainID: chainID, PubKey: validator.Operator.PubKey(),
	}, builder, validator.Operator, encoding.TxConfig, 0)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if err := builder.SetSignatures(signature); err != nil {
		return nil, fmt.Errorf("set signature: %w", err)
	}
	return encoding.TxConfig.TxJSONEncoder()(builder.GetTx())
}
