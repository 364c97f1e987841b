package codec

// RowBytes is the length of a row.
const RowBytes = 202

const (
	rowVersion    = 1
	rowKindResult = 0
)

// Row is a signed result: entry of its worker's log and leaf of a block, one byte string. Source: docs/spec/log.md.
type Row struct {
	Job
	Incarnation uint32
	Index       uint64
	Units       uint64
	Charge      uint64 // ulam
	Output      Digest
}

// Encode writes the row's 202 bytes.
func (r Row) Encode() []byte {
	w := newWriter(RowBytes)
	w.u8(rowVersion)
	w.u8(rowKindResult)
	w.digest(r.Worker)
	w.u8(r.Level)
	w.u8(r.Param)
	w.u32(r.Incarnation)
	w.u64(r.Index)
	w.u64(r.Lane)
	w.u32(r.Nonce)
	w.digest(r.Model)
	w.u16(r.Profile)
	w.u32(r.Items)
	w.u64(r.UnitPrice)
	w.u64(r.Ceiling)
	w.u64(r.SettleBy)
	w.digest(r.H)
	w.u64(r.Units)
	w.u64(r.Charge)
	w.digest(r.Output)
	return w.bytes
}

// DecodeRow reads a row to its last byte.
func DecodeRow(bytes []byte) (Row, error) {
	r := newReader(bytes)
	r.exactly(rowVersion, "row version")
	r.exactly(rowKindResult, "row kind")
	var row Row
	row.Worker = r.digest("worker")
	row.Level, row.Param = r.u8("level"), r.u8("param")
	row.Incarnation, row.Index = r.u32("incarnation"), r.u64("index")
	row.Lane, row.Nonce = r.u64("lane"), r.u32("nonce")
	row.Model, row.Profile, row.Items = r.digest("model"), r.u16("profile"), r.u32("items")
	row.UnitPrice, row.Ceiling, row.SettleBy = r.u64("unit_price"), r.u64("ceiling"), r.u64("settle_by")
	row.H = r.digest("h")
	row.Units, row.Charge, row.Output = r.u64("units"), r.u64("charge"), r.digest("output")
	if err := r.end(); err != nil {
		return Row{}, err
	}
	return row, nil
}

// JobID is the id of the job that the row answers.
func (r Row) JobID(chainID string) Digest { return r.Job.ID(chainID) }
