package codec

import "strconv"

const (
	tagForced  = "lamina/forced/1"
	tagGenesis = "lamina/genesis/1"
	tagBatch   = "lamina/batch/1"
)

// Header is what the sequencer signs for a block. Source: docs/spec/block.md.
type Header struct {
	ChainID         string
	Term            uint64
	Number          uint64
	Parent          Digest
	Level           uint8
	Param           uint8
	ReferenceHeight uint64
	Rows            uint32
	Runs            uint32
	Charges         uint64 // ulam
	RowsRoot        Digest
}

// Encode writes the header's bytes; they carry tag and chain id, so they are signed as well as hashed.
func (h Header) Encode() []byte {
	w := statement(TagBlock, h.ChainID, 98)
	w.u64(h.Term)
	w.u64(h.Number)
	w.digest(h.Parent)
	w.u8(h.Level)
	w.u8(h.Param)
	w.u64(h.ReferenceHeight)
	w.u32(h.Rows)
	w.u32(h.Runs)
	w.u64(h.Charges)
	w.digest(h.RowsRoot)
	return w.bytes
}

// Hash is what the next header names as its parent.
func (h Header) Hash() Digest { return (&writer{bytes: h.Encode()}).hash() }

// DecodeHeader reads a header; one of no rows or no runs is none.
func DecodeHeader(data []byte) (Header, error) {
	r := newReader(data)
	r.literal(TagBlock, "tag")
	header := Header{
		ChainID: r.chainID(), Term: r.u64("term"), Number: r.u64("number"), Parent: r.digest("parent"), Level: r.u8("level"),
		Param: r.u8("param"), ReferenceHeight: r.u64("reference_height"), Rows: r.atLeastOne("rows"), Runs: r.atLeastOne("runs"),
		Charges: r.u64("charges"), RowsRoot: r.digest("rows_root"),
	}
	return header, r.end()
}

// chainID reads a chain id and refuses what CheckChainID does.
func (r *reader) chainID() string {
	start := r.offset
	id := r.str8("chain_id")
	if !r.failed() && !isChainID(id) {
		r.failAt(start, KindUnexpectedValue, "chain_id", "1–50 characters of a-z A-Z 0-9 - _ .", strconv.Quote(id))
	}
	return id
}

// atLeastOne reads a u32 that must not be 0.
func (r *reader) atLeastOne(item string) uint32 {
	start := r.offset
	value := r.u32(item)
	if value == 0 {
		r.failAt(start, KindOutOfRange, item, "at least 1", "0")
	}
	return value
}

// GenesisParent is the parent of block 1.
func GenesisParent(chainID string) Digest { return statement(tagGenesis, chainID, 0).hash() }

// ForcedHeader is what the chain gives a forced run; nobody signs it.
type ForcedHeader struct {
	ChainID        string
	Sequence       uint64
	Level          uint8
	Param          uint8
	AcceptedHeight uint64
	Rows           uint32
	Charges        uint64 // ulam
	RowsRoot       Digest
}

// Encode writes the forced header's bytes.
func (h ForcedHeader) Encode() []byte {
	w := statement(tagForced, h.ChainID, 62)
	w.u64(h.Sequence)
	w.u8(h.Level)
	w.u8(h.Param)
	w.u64(h.AcceptedHeight)
	w.u32(h.Rows)
	w.u64(h.Charges)
	w.digest(h.RowsRoot)
	return w.bytes
}

// Hash names the forced block in its final record.
func (h ForcedHeader) Hash() Digest { return (&writer{bytes: h.Encode()}).hash() }

// DecodeForcedHeader reads a forced header.
func DecodeForcedHeader(data []byte) (ForcedHeader, error) {
	r := newReader(data)
	r.literal(tagForced, "tag")
	header := ForcedHeader{
		ChainID: r.chainID(), Sequence: r.u64("sequence"), Level: r.u8("level"), Param: r.u8("param"),
		AcceptedHeight: r.u64("accepted_height"), Rows: r.atLeastOne("rows"), Charges: r.u64("charges"), RowsRoot: r.digest("rows_root"),
	}
	return header, r.end()
}

// BatchID is the same for the same blocks, whoever resubmits them (T33).
func BatchID(chainID string, term, firstNumber uint64, blocks uint32, lastHeaderHash Digest) Digest {
	w := statement(tagBatch, chainID, 52)
	w.u64(term)
	w.u64(firstNumber)
	w.u32(blocks)
	w.digest(lastHeaderHash)
	return w.hash()
}
