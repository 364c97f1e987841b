package main

import (
	"encoding/hex"
	"fmt"
	"time"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmtversion "github.com/cometbft/cometbft/proto/tendermint/version"
	"github.com/cometbft/cometbft/types"
)

func headerVectors() []vector {
	first := seededHeader(1)
	first.LastBlockID = types.BlockID{}
	first.AppHash = nil
	whole := seededHeader(2)
	whole.Time = genesisTime
	before1970 := seededHeader(3)
	before1970.Time = time.Date(1969, 12, 31, 23, 59, 59, 999, time.UTC)
	app := seededHeader(4)
	app.Version.App = 1 << 40
	far := seededHeader(1<<62 + 12345)
	headers := map[string]*types.Header{}
	order := []string{"first block", "whole second", "before 1970", "app version", "far height"}
	for i, header := range []*types.Header{first, whole, before1970, app, far} {
		headers[order[i]] = header
	}
	vectors := make([]vector, 0, len(order)+8)
	for _, name := range order {
		vectors = append(vectors, headerVector(name, headers[name]))
	}
	for height := int64(100); height < 108; height++ {
		vectors = append(vectors, headerVector(fmt.Sprintf("height %d", height), seededHeader(height)))
	}
	return vectors
}

func headerVector(name string, header *types.Header) vector {
	return vector{name, shapeOfHeader(header), hex.EncodeToString(header.Hash())}
}

func seededHeader(height int64) *types.Header {
	hash := func(name string) []byte { return seeded(name, height) }
	return &types.Header{
		Version:            cmtversion.Consensus{Block: 11, App: 0},
		ChainID:            chainID,
		Height:             height,
		Time:               genesisTime.Add(time.Duration(height%1000)*time.Second + time.Duration(height%1000)*1_234_567),
		LastBlockID:        types.BlockID{Hash: hash("last"), PartSetHeader: types.PartSetHeader{Total: uint32(1 + height%3), Hash: hash("parts")}},
		LastCommitHash:     hash("commit"),
		DataHash:           hash("data"),
		ValidatorsHash:     hash("validators"),
		NextValidatorsHash: hash("next validators"),
		ConsensusHash:      hash("consensus"),
		AppHash:            hash("app"),
		LastResultsHash:    hash("results"),
		EvidenceHash:       hash("evidence"),
		ProposerAddress:    hash("proposer")[:20],
	}
}

func validatorSetVectors() []vector {
	sets := []struct {
		name    string
		members []member
	}{
		{"one validator", []member{{"a", 1}}},
		{"four of equal power", []member{{"a", 10}, {"b", 10}, {"c", 10}, {"d", 10}}},
		{"four of different power", []member{{"a", 1}, {"b", 1_000_000}, {"c", 77}, {"d", 128}}},
		{"seven", []member{{"a", 5}, {"b", 5}, {"c", 4}, {"d", 3}, {"e", 3}, {"f", 3}, {"g", 1 << 55}}},
	}
	vectors := make([]vector, len(sets))
	for i, each := range sets {
		set := validatorSet(each.members)
		vectors[i] = vector{each.name, map[string]any{"validators": shapeOfValidators(set)}, hex.EncodeToString(set.Hash())}
	}
	return vectors
}

func voteVectors() []vector {
	votes := []struct {
		name  string
		chain string
		vote  types.Vote
	}{
		{"first round", chainID, seededVote(7, 0, genesisTime)},
		{"later round", chainID, seededVote(8, 5, genesisTime.Add(999_999_999))},
		{"another chain", "other-2", seededVote(8, 5, genesisTime.Add(time.Millisecond))},
		{"far height", chainID, seededVote(1<<62, 1<<31-1, genesisTime.Add(time.Hour))},
	}
	vectors := make([]vector, len(votes))
	for i, each := range votes {
		proto := each.vote.ToProto()
		input := map[string]any{
			"chainId": each.chain, "height": decimal(each.vote.Height), "round": decimal(int64(each.vote.Round)),
			"blockId": shapeOfBlockID(each.vote.BlockID), "time": rfc3339(each.vote.Timestamp),
		}
		vectors[i] = vector{each.name, input, hex.EncodeToString(types.VoteSignBytes(each.chain, proto))}
	}
	return vectors
}

func seededVote(height int64, round int32, at time.Time) types.Vote {
	id := types.BlockID{Hash: seeded("block", height), PartSetHeader: types.PartSetHeader{Total: 2, Hash: seeded("parts", height)}}
	return types.Vote{Type: cmtproto.PrecommitType, Height: height, Round: round, BlockID: id, Timestamp: at}
}
