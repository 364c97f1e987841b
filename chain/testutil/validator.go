package testutil

import (
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"

	"github.com/lamina-network/lamina/chain/app/genesis"
)

// Validator signs every block unless Absent is set.
type Validator struct {
	Operator     Account
	ConsensusKey cryptotypes.PrivKey
	Absent       bool
}

func newValidators(count int) []*Validator {
	validators := make([]*Validator, count)
	for index := range validators {
		name := fmt.Sprintf("validator %d", index)
		validators[index] = &Validator{Operator: NewAccount(name), ConsensusKey: ed25519.GenPrivKeyFromSecret([]byte(name))}
	}
	return validators
}

func (v *Validator) genesis() genesis.Validator {
	return genesis.Validator{
		Moniker: v.Operator.Name, Operator: v.Operator.Key, ConsensusKey: v.ConsensusKey.PubKey(),
		SelfBond: sdkmath.NewInt(validatorBond), PeerAddress: "0000000000000000000000000000000000000000@127.0.0.1:26656",
	}
}

// commitInfo is what CometBFT reports with a block: who signed the one before.
func (c *Chain) commitInfo() abci.CommitInfo {
	info := abci.CommitInfo{}
	if c.Height() < c.Genesis.InitialHeight {
		return info
	}
	for _, validator := range c.Validators {
		flag := abciCommit
		if validator.Absent {
			flag = abciAbsent
		}
		info.Votes = append(info.Votes, abci.VoteInfo{
			Validator:   abci.Validator{Address: validator.ConsensusKey.PubKey().Address(), Power: validatorBond / 1_000_000},
			BlockIdFlag: flag,
		})
	}
	return info
}
