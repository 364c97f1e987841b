package codec

import "strconv"

const (
	// FinalRecordBytes is the length of a final record.
	FinalRecordBytes = 152

	RecordBlock  uint8 = 1
	RecordForced uint8 = 2

	finalRecordVersion = 1
)

// FinalRecord is how a block ended, for ever (I10): leaf data of the chain's append-only final log. Term is 0 and Number
// the sequence for a forced run. Source: docs/spec/final.md.
type FinalRecord struct {
	Kind             uint8
	Term             uint64
	Number           uint64
	HeaderHash       Digest
	RowsRoot         Digest
	Rows             uint32
	Level            uint8
	Param            uint8
	AcceptedHeight   uint64
	FinalHeight      uint64
	Debited          uint64 // ulam
	Refunded         uint64 // ulam
	ExceptionsDigest Digest
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

// DecodeFinalRecord reads a record of a block or a forced run.
func DecodeFinalRecord(data []byte) (FinalRecord, error) {
	r := newReader(data)
	r.exactly(finalRecordVersion, "version")
	f := FinalRecord{Kind: r.u8("kind"), Term: r.u64("term")}
	if !r.failed() && f.Kind != RecordBlock && f.Kind != RecordForced {
		r.failAt(1, KindUnexpectedValue, "kind", "1 or 2", strconv.Itoa(int(f.Kind)))
	}
	if f.Kind == RecordForced && f.Term != 0 {
		r.failAt(2, KindUnexpectedValue, "term", "0 of a forced run", strconv.FormatUint(f.Term, 10))
	}
	f.Number, f.HeaderHash, f.RowsRoot, f.Rows = r.u64("number"), r.digest("header_hash"), r.digest("rows_root"), r.u32("rows")
	f.Level, f.Param = r.u8("level"), r.u8("param")
	f.AcceptedHeight, f.FinalHeight = r.u64("accepted_height"), r.u64("final_height")
	f.Debited, f.Refunded, f.ExceptionsDigest = r.u64("debited"), r.u64("refunded"), r.digest("exceptions_digest")
	return f, r.end()
}
