package receiptfacts

import (
	"encoding/hex"
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// facts is what a receipt of one row at one stage is made of; bytes as hex, integers as decimal strings.
type facts struct {
	Name            string       `json:"name"`
	ChainID         string       `json:"chainId"`
	Row             string       `json:"row"`
	Salt            string       `json:"salt"`
	InputCommitment string       `json:"inputCommitment"`
	Reference       string       `json:"reference"`
	PreviousHead    string       `json:"previousHead"`
	Following       []string     `json:"following"`
	HeadSignature   string       `json:"headSignature"`
	Header          string       `json:"header"`
	Sequencer       string       `json:"sequencer,omitempty"`
	Signature       string       `json:"signature,omitempty"`
	RowHashes       []string     `json:"rowHashes"`
	Index           int          `json:"index"`
	Pending         *pendingPart `json:"pending,omitempty"`
	Final           *finalPart   `json:"final,omitempty"`
	AppHash         string       `json:"appHash"`
	Value           string       `json:"value"`
	Operations      []string     `json:"operations"`
	Outcome         string       `json:"outcome"`
	Reason          string       `json:"reason,omitempty"`
}

type pendingPart struct {
	AcceptedHeight string `json:"acceptedHeight"`
	BatchID        string `json:"batchId,omitempty"`
}

type finalPart struct {
	Record     string   `json:"record"`
	Exceptions string   `json:"exceptions"`
	LogIndex   int      `json:"logIndex"`
	Records    []string `json:"records"`
}

// placedRow is a row with the run and the block it stands in.
type placedRow struct {
	run    scenario.Run
	at     int // place in the run
	rows   []codec.Row
	index  int // place in the block
	header []byte
	// of a sequencer's block
	sequencer, signature []byte
}

func (p placedRow) facts(name string, s secrets) facts {
	row := p.rows[p.index]
	secret := s[row.H]
	made := facts{
		Name: name, ChainID: chainID, Row: hex.EncodeToString(row.Encode()), Salt: toHex(secret.salt), InputCommitment: toHex(secret.input),
		Reference: hex.EncodeToString(secret.reference), HeadSignature: hex.EncodeToString(p.run.Signature[:]), Following: []string{},
		Header: hex.EncodeToString(p.header), Sequencer: hex.EncodeToString(p.sequencer), Signature: hex.EncodeToString(p.signature), Index: p.index,
	}
	head := p.run.PreviousHead
	for _, before := range p.run.Rows[:p.at] {
		head = codec.NextHead(head, merkle.HashLeaf(before.Encode()))
	}
	made.PreviousHead = toHex(head)
	for _, after := range p.run.Rows[p.at+1:] {
		made.Following = append(made.Following, toHex(merkle.HashLeaf(after.Encode())))
	}
	for _, each := range p.rows {
		made.RowHashes = append(made.RowHashes, toHex(merkle.HashLeaf(each.Encode())))
	}
	return made
}

func (f facts) proved(answer *abci.ResponseQuery, appHash []byte) facts {
	f.AppHash, f.Value = hex.EncodeToString(appHash), hex.EncodeToString(answer.Value)
	for _, operation := range answer.ProofOps.Ops {
		f.Operations = append(f.Operations, hex.EncodeToString(operation.Data))
	}
	return f
}

// recordBytes writes a final record from the event that announced it.
func recordBytes(r *rolluptypes.FinalRecord) []byte {
	record := codec.FinalRecord{
		Kind: uint8(r.Kind), Term: r.Term, Number: r.Number, HeaderHash: codec.Digest(r.HeaderHash), RowsRoot: codec.Digest(r.RowsRoot), Rows: r.Rows,
		Level: uint8(r.Level), Param: uint8(r.Param), AcceptedHeight: r.AcceptedHeight, FinalHeight: r.FinalHeight, Debited: r.Debited,
		Refunded: r.Refunded, ExceptionsDigest: codec.Digest(r.ExceptionsDigest),
	}
	return record.Encode()
}

func exceptionBytes(runs []*rolluptypes.ExceptionRun) []byte {
	exceptions := make([]codec.ExceptionRun, len(runs))
	for i, run := range runs {
		exceptions[i] = codec.ExceptionRun{First: run.First, Count: run.Count, Outcome: codec.Outcome(run.Outcome), Reason: codec.Reason(run.Reason)}
	}
	return codec.EncodeExceptions(exceptions)
}

func toHex(digest [32]byte) string { return hex.EncodeToString(digest[:]) }

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
