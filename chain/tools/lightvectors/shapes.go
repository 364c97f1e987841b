package main

import (
	"encoding/hex"
	"strconv"
	"time"

	"github.com/cometbft/cometbft/types"
)

type blockIDShape struct {
	Hash       string `json:"hash"`
	PartsTotal string `json:"partsTotal"`
	PartsHash  string `json:"partsHash"`
}

type headerShape struct {
	BlockVersion       string       `json:"blockVersion"`
	AppVersion         string       `json:"appVersion"`
	ChainID            string       `json:"chainId"`
	Height             string       `json:"height"`
	Time               string       `json:"time"`
	LastBlockID        blockIDShape `json:"lastBlockId"`
	LastCommitHash     string       `json:"lastCommitHash"`
	DataHash           string       `json:"dataHash"`
	ValidatorsHash     string       `json:"validatorsHash"`
	NextValidatorsHash string       `json:"nextValidatorsHash"`
	ConsensusHash      string       `json:"consensusHash"`
	AppHash            string       `json:"appHash"`
	LastResultsHash    string       `json:"lastResultsHash"`
	EvidenceHash       string       `json:"evidenceHash"`
	ProposerAddress    string       `json:"proposerAddress"`
}

type validatorShape struct {
	PublicKey string `json:"publicKey"`
	Power     string `json:"power"`
}

type signatureShape struct {
	Validator string `json:"validator"`
	Time      string `json:"time"`
	Signature string `json:"signature"`
}

type commitShape struct {
	Round      string           `json:"round"`
	PartsTotal string           `json:"partsTotal"`
	PartsHash  string           `json:"partsHash"`
	Signatures []signatureShape `json:"signatures"`
}

type blockShape struct {
	Header     headerShape      `json:"header"`
	Validators []validatorShape `json:"validators"`
	Commit     commitShape      `json:"commit"`
}

func shapeOfBlockID(id types.BlockID) blockIDShape {
	return blockIDShape{hex.EncodeToString(id.Hash), decimal(int64(id.PartSetHeader.Total)), hex.EncodeToString(id.PartSetHeader.Hash)}
}

func shapeOfHeader(h *types.Header) headerShape {
	return headerShape{
		BlockVersion: decimal(int64(h.Version.Block)), AppVersion: decimal(int64(h.Version.App)), ChainID: h.ChainID, Height: decimal(h.Height),
		Time: rfc3339(h.Time), LastBlockID: shapeOfBlockID(h.LastBlockID), LastCommitHash: hex.EncodeToString(h.LastCommitHash),
		DataHash: hex.EncodeToString(h.DataHash), ValidatorsHash: hex.EncodeToString(h.ValidatorsHash),
		NextValidatorsHash: hex.EncodeToString(h.NextValidatorsHash), ConsensusHash: hex.EncodeToString(h.ConsensusHash),
		AppHash: hex.EncodeToString(h.AppHash), LastResultsHash: hex.EncodeToString(h.LastResultsHash),
		EvidenceHash: hex.EncodeToString(h.EvidenceHash), ProposerAddress: hex.EncodeToString(h.ProposerAddress),
	}
}

func shapeOfValidators(set *types.ValidatorSet) []validatorShape {
	shapes := make([]validatorShape, len(set.Validators))
	for i, each := range set.Validators {
		shapes[i] = validatorShape{hex.EncodeToString(each.PubKey.Bytes()), decimal(each.VotingPower)}
	}
	return shapes
}

// shapeOfCommit keeps the signatures for the block alone: absent validators and votes for nil prove nothing.
func shapeOfCommit(c *types.Commit) commitShape {
	shape := commitShape{
		Round: decimal(int64(c.Round)), PartsTotal: decimal(int64(c.BlockID.PartSetHeader.Total)),
		PartsHash: hex.EncodeToString(c.BlockID.PartSetHeader.Hash), Signatures: []signatureShape{},
	}
	for i, each := range c.Signatures {
		if each.BlockIDFlag == types.BlockIDFlagCommit {
			shape.Signatures = append(shape.Signatures, signatureShape{decimal(int64(i)), rfc3339(each.Timestamp), hex.EncodeToString(each.Signature)})
		}
	}
	return shape
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
