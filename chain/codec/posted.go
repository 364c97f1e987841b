package codec

// PostedRun is a contiguous piece of one worker's log as it stands in a block. Source: docs/spec/block.md.
type PostedRun struct {
	Worker       Digest
	Incarnation  uint32
	Start        uint64
	Count        uint32 // at least 1
	PreviousHead Digest
	Signature    Signature // the worker's over the head after the run
}

// LaneAuthorisation shows that a lane's rows in a block are its spender's: by one signature over their root, or, where
// Each is not nil, by each job's own.
type LaneAuthorisation struct {
	Lane uint64
	Root Signature
	Each []Signature
}

// PostedBody is what blocks and forced runs have in common.
type PostedBody struct {
	Level, Param    uint8
	ReferenceHeight uint64
	Runs            []PostedRun // strictly ascending by (worker, incarnation)
	Rows            []Row       // run after run
	Authorisations  []LaneAuthorisation
}

// PostedBlock is a block of a batch: its header's own fields, and its body.
type PostedBlock struct {
	PostedBody
	Charges   uint64
	RowsRoot  Digest
	Signature Signature
}

// Header is the header that a posted block states, at its place in the chain of blocks.
func (b PostedBlock) Header(chainID string, term, number uint64, parent Digest) Header {
	return Header{
		ChainID: chainID, Term: term, Number: number, Parent: parent, Level: b.Level, Param: b.Param,
		ReferenceHeight: b.ReferenceHeight, Rows: uint32(len(b.Rows)), Runs: uint32(len(b.Runs)),
		Charges: b.Charges, RowsRoot: b.RowsRoot,
	}
}

// Batch is consecutive blocks of one term.
type Batch struct {
	Term, FirstNumber uint64
	Parent            Digest
	Blocks            []PostedBlock
}

// ForcedRun is the run that MsgForceInclude carries; every authorisation is each job's own.
type ForcedRun struct {
	PostedBody
}
