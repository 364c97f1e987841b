package main

import (
	"encoding/hex"
	"fmt"
	"time"

	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

const trustingPeriod = time.Hour

// scenario is a chain told by who validates each height and who of them is silent.
type scenario struct {
	name string
	// members of height h; asked for one height past the last as well.
	members func(height int64) []member
	silent  func(height int64) map[string]bool
	heights int64
}

type builtBlock struct {
	signed     *types.SignedHeader
	validators *types.ValidatorSet
}

// judgement is what CometBFT's light client says of one step.
type judgement struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Trusts bool   `json:"trusts"`
}

func scenarios() []scenario {
	names := []string{"a", "b", "c", "d"}
	equal := func(names []string) []member {
		members := make([]member, len(names))
		for i, name := range names {
			members[i] = member{name, 10}
		}
		return members
	}
	none := func(int64) map[string]bool { return nil }
	return []scenario{
		{"one validator", func(int64) []member { return []member{{"a", 10}} }, none, 4},
		{"four validators", func(int64) []member { return equal(names) }, none, 4},
		{"four validators, one silent in turn", func(int64) []member { return equal(names) }, func(h int64) map[string]bool { return map[string]bool{names[h%4]: true} }, 6},
		{"uneven powers", func(int64) []member { return []member{{"a", 50}, {"b", 30}, {"c", 15}, {"d", 5}} }, none, 3},
		{"one of four replaced every other height", func(h int64) []member {
			first := (h - 1) / 2
			rolling := make([]string, 4)
			for i := range rolling {
				rolling[i] = fmt.Sprintf("v%d", first+int64(i))
			}
			return equal(rolling)
		}, none, 16},
		{"whole set replaced at height 5", func(h int64) []member {
			if h < 5 {
				return equal(names)
			}
			return equal([]string{"e", "f", "g", "h"})
		}, none, 8},
		{"half of the power moves at height 4", func(h int64) []member {
			if h < 4 {
				return []member{{"a", 60}, {"b", 20}, {"c", 20}}
			}
			return []member{{"d", 60}, {"b", 20}, {"c", 20}}
		}, none, 6},
	}
}

func chainVectors() ([]vector, error) {
	vectors := []vector{}
	for _, each := range scenarios() {
		blocks, err := build(each)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", each.name, err)
		}
		shapes := make([]blockShape, len(blocks))
		hashes := make([]string, len(blocks))
		for i, block := range blocks {
			shapes[i] = blockShape{shapeOfHeader(block.signed.Header), shapeOfValidators(block.validators), shapeOfCommit(block.signed.Commit)}
			hashes[i] = hex.EncodeToString(block.signed.Hash())
		}
		input := map[string]any{"trustingPeriodSeconds": decimal(int64(trustingPeriod / time.Second)), "now": rfc3339(nowOf(blocks)), "blocks": shapes}
		vectors = append(vectors, vector{each.name, input, map[string]any{"hashes": hashes, "steps": judge(blocks)}})
	}
	return vectors, nil
}

func nowOf(blocks []builtBlock) time.Time {
	return blocks[len(blocks)-1].signed.Time.Add(time.Minute)
}

// judge asks CometBFT's light client about every step from one height to a later one; the trusted set is that of the height after the trusted header.
func judge(blocks []builtBlock) []judgement {
	judgements := []judgement{}
	third := cmtmath.Fraction{Numerator: 1, Denominator: 3}
	for from := 0; from < len(blocks); from++ {
		for to := from + 1; to < len(blocks); to++ {
			err := light.Verify(blocks[from].signed, blocks[from+1].validators, blocks[to].signed, blocks[to].validators, trustingPeriod, nowOf(blocks), 10*time.Second, third)
			judgements = append(judgements, judgement{decimal(int64(from + 1)), decimal(int64(to + 1)), err == nil})
		}
	}
	return judgements
}

func build(s scenario) ([]builtBlock, error) {
	last := types.BlockID{}
	blocks := make([]builtBlock, 0, s.heights)
	for height := int64(1); height <= s.heights; height++ {
		validators := validatorSet(s.members(height))
		header := seededHeader(height)
		header.LastBlockID = last
		header.ValidatorsHash = validators.Hash()
		header.NextValidatorsHash = validatorSet(s.members(height + 1)).Hash()
		header.ProposerAddress = validators.Validators[0].Address
		last = types.BlockID{Hash: header.Hash(), PartSetHeader: types.PartSetHeader{Total: 1, Hash: seeded(s.name, "parts", height)}}
		commit, err := sign(s, header, last, validators)
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, builtBlock{&types.SignedHeader{Header: header, Commit: commit}, validators})
	}
	return blocks, nil
}

func sign(s scenario, header *types.Header, id types.BlockID, validators *types.ValidatorSet) (*types.Commit, error) {
	names := map[string]string{}
	for _, each := range s.members(header.Height) {
		names[privateKey(each.name).PubKey().Address().String()] = each.name
	}
	commit := &types.Commit{Height: header.Height, Round: int32(header.Height % 2), BlockID: id}
	for i, validator := range validators.Validators {
		name := names[validator.Address.String()]
		if s.silent(header.Height)[name] {
			commit.Signatures = append(commit.Signatures, types.NewCommitSigAbsent())
			continue
		}
		at := header.Time.Add(time.Duration(i+1) * 7_654_321)
		vote := &types.Vote{Type: cmtproto.PrecommitType, Height: header.Height, Round: commit.Round, BlockID: id, Timestamp: at}
		signature, err := privateKey(name).Sign(types.VoteSignBytes(header.ChainID, vote.ToProto()))
		if err != nil {
			return nil, err
		}
		commit.Signatures = append(commit.Signatures, types.CommitSig{BlockIDFlag: types.BlockIDFlagCommit, ValidatorAddress: validator.Address, Timestamp: at, Signature: signature})
	}
	return commit, nil
}
