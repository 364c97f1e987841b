package types

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/ed25519x"
)

// CheckPossession verifies that key signed the statement that account may register it in role, and that the statement
// still counts. It charges gas for the signature. Lanes' spender keys are checked by it too.
func CheckPossession(ctx context.Context, role codec.Role, key []byte, account string, signature []byte, expires uint64) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	sdkCtx.GasMeter().ConsumeGas(GasPerSignature, "possession statement")
	if problem := ed25519x.PublicKeyProblem(key); problem != "" {
		return ErrKey.Wrapf("%x: %s", key, problem)
	}
	if height := uint64(sdkCtx.BlockHeight()); expires < height {
		return ErrPossession.Wrapf("expected an expiry of at least height %d, found %d", height, expires)
	}
	statement, err := codec.PossessStatement(sdkCtx.ChainID(), role, key, account, expires)
	if err != nil {
		return err
	}
	if !ed25519x.VerifyRegistered(key, statement, signature) {
		return ErrPossession.Wrapf("expected %x's signature over %x", key, statement)
	}
	return nil
}
