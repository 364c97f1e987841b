package codec

// Header is what a sequencer signs of a block. Source: docs/spec/block.md.
type Header struct {
	ChainID         string
	Term, Number    uint64
	Parent          Digest
	Level, Param    uint8
	ReferenceHeight uint64
	Rows, Runs      uint32
	Charges         uint64 // ulam
	RowsRoot        Digest
}

// Encode writes the bytes that are signed and hashed.
func (h Header) Encode() []byte {
	w := statement(TagBlock, h.ChainID, 108)
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

// Hash is the block's id and the next one's parent.
func (h Header) Hash() Digest {
	w := writer{bytes: h.Encode()}
	return w.hash()
}

// DecodeHeader reads a header to its last byte.
func DecodeHeader(bytes []byte) (Header, error) {
	r := newReader(bytes)
	r.literal(TagBlock, "header tag")
	start := r.offset
	var h Header
	h.ChainID = r.str8("chain id")
	if err := CheckChainID(h.ChainID); err != nil && !r.failed() {
		r.failAt(start, KindOutOfRange, "chain id", "1–50 characters of a-z A-Z 0-9 - _ .", h.ChainID)
	}
	h.Term, h.Number, h.Parent = r.u64("term"), r.u64("number"), r.digest("parent")
	h.Level, h.Param, h.ReferenceHeight = r.u8("level"), r.u8("param"), r.u64("reference_height")
	h.Rows = r.atLeastOne("rows")
	h.Runs = r.atLeastOne("runs")
	h.Charges, h.RowsRoot = r.u64("charges"), r.digest("rows_root")
	if err := r.end(); err != nil {
		return Header{}, err
	}
	return h, nil
}

func (r *reader) atLeastOne(item string) uint32 {
	start := r.offset
	value := r.u32(item)
	if value == 0 && !r.failed() {
		r.failAt(start, KindOutOfRange, item, "at least 1", "0")
	}
	return value
}

// GenesisParent is the parent of block 1.
func GenesisParent(chainID string) Digest {
	return statement("lamina/genesis/1", chainID, 0).hash()
}

// ForcedHeader is what the chain makes of a forced run. It is unsigned: the chain itself vouches for it.
type ForcedHeader struct {
	ChainID        string
	Sequence       uint64
	Level, Param   uint8
	AcceptedHeight uint64
	Rows           uint32
	Charges        uint64
	RowsRoot       Digest
}

// Hash is the forced block's id.
func (h ForcedHeader) Hash() Digest {
	w := statement("lamina/forced/1", h.ChainID, 62)
	w.u64(h.Sequence)
	w.u8(h.Level)
	w.u8(h.Param)
	w.u64(h.AcceptedHeight)
	w.u32(h.Rows)
	w.u64(h.Charges)
	w.digest(h.RowsRoot)
	return w.hash()
}

// BatchID is the same for the same blocks, whoever resubmits them (T33).
func BatchID(chainID string, term, firstNumber uint64, blocks uint32, lastHeaderHash Digest) Digest {
	w := statement("lamina/batch/1", chainID, 52)
	w.u64(term)
	w.u64(firstNumber)
	w.u32(blocks)
	w.digest(lastHeaderHash)
	return w.hash()
}
