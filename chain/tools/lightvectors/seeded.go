package main

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/types"
)

const chainID = "lamina-test-1"

// genesisTime is when the chains of these vectors begin.
var genesisTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// seeded gives 32 bytes that depend on the words alone.
func seeded(words ...any) []byte {
	digest := sha256.Sum256([]byte(fmt.Sprint(words...)))
	return digest[:]
}

func privateKey(name string) ed25519.PrivKey {
	return ed25519.GenPrivKeyFromSecret(seeded("validator ", name))
}

// member is a validator by name, so that its key can be found again.
type member struct {
	name  string
	power int64
}

func validatorSet(members []member) *types.ValidatorSet {
	validators := make([]*types.Validator, len(members))
	for i, each := range members {
		validators[i] = types.NewValidator(privateKey(each.name).PubKey(), each.power)
	}
	return types.NewValidatorSet(validators)
}
