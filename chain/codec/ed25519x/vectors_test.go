package ed25519x

import (
	"encoding/hex"
	"testing"

	"github.com/lamina-network/lamina/chain/internal/vectors"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	bytes, err := hex.DecodeString(text)
	if err != nil {
		t.Fatalf("decode hex: %v", err)
	}
	return bytes
}

func TestVerifyVectors(t *testing.T) {
	type input struct{ PublicKey, Message, Signature string }
	vectors.Run(t, "ed25519/verify", error.Error, func(t *testing.T, in input) (any, error) {
		return VerifyStrict(unhex(t, in.PublicKey), unhex(t, in.Message), unhex(t, in.Signature)), nil
	})
}

func TestPublicKeyVectors(t *testing.T) {
	type input struct{ PublicKey string }
	vectors.Run(t, "ed25519/public-key", error.Error, func(t *testing.T, in input) (any, error) {
		if problem := PublicKeyProblem(unhex(t, in.PublicKey)); problem != "" {
			return string(problem), nil
		}
		return nil, nil
	})
}
