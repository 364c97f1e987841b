package codec

import "strconv"

const (
	// FinalRecordBytes is the length of a final record.
	FinalRecordBytes   = 152
	finalRecordVersion = 1
	// RecordBlock and RecordForced are the kinds of a final record.
	RecordBlock  = 1
	RecordForced = 2
)

// FinalRecord says how a block ended, for ever (I10). Leaf data of the final log. Amounts in ulam. Source: docs/spec/final.md.
type FinalRecord struct {
	Kind                        uint8
	Term, Number                uint64 // a forced run: 0 and its sequence
	HeaderHash, RowsRoot        Digest
	Rows                        uint32
	Level, Param                uint8
	AcceptedHeight, FinalHeight uint64
	Debited, Refunded           uint64
	ExceptionsDigest            Digest
}

// Encode writes the record's 152 bytes.
func (f FinalRecord) Encode() []byte {
	w := newWriter(FinalRecordBytes)
	w.u8(finalRecordVersion)
	w.u8(f.Kind)
	w.u64(f.Term)
	w.u64(f.Number)
	w.digest(f.HeaderHash)
	w.digest(f.RowsRoot)
	w.u32(f.Rows)
	w.u8(f.Level)
	w.u8(f.Param)
	w.u64(f.AcceptedHeight)
	w.u64(f.FinalHeight)
	w.u64(f.Debited)
	w.u64(f.Refunded)
	w.digest(f.ExceptionsDigest)
	return w.bytes
}

// DecodeFinalRecord reads a record to its last byte.
func DecodeFinalRecord(bytes []byte) (FinalRecord, error) {
	r := newReader(bytes)
	r.exactly(finalRecordVersion, "final record version")
	at := r.offset
	record := FinalRecord{Kind: r.u8("kind"), Term: r.u64("term"), Number: r.u64("number")}
	if !r.failed() && record.Kind != RecordBlock && record.Kind != RecordForced {
		r.failAt(at, KindUnexpectedValue, "kind", "1 or 2", strconv.Itoa(int(record.Kind)))
	}
	if !r.failed() && record.Kind == RecordForced && record.Term != 0 {
		r.failAt(at+1, KindUnexpectedValue, "term", "0 of a forced run", strconv.FormatUint(record.Term, 10))
	}
	record.HeaderHash, record.RowsRoot = r.digest("header hash"), r.digest("rows root")
	record.Rows, record.Level, record.Param = r.u32("rows"), r.u8("level"), r.u8("param")
	record.AcceptedHeight, record.FinalHeight = r.u64("accepted_height"), r.u64("final_height")
	record.Debited, record.Refunded = r.u64("debited"), r.u64("refunded")
	record.ExceptionsDigest = r.digest("exceptions digest")
	if err := r.end(); err != nil {
		return FinalRecord{}, err
	}
	return record, nil
}

// SpendRoot is the root in lamina/spend/1: the tree over a lane's job ids, in the block's order.
func SpendRoot(jobIDs []Digest) Digest {
	leaves := make([]Digest, len(jobIDs))
	for i := range jobIDs {
		leaves[i] = merkleLeaf(jobIDs[i])
	}
	return rootOfLeaves(leaves)
}
