package codec

import (
	"encoding/binary"

	"github.com/lamina-network/lamina/chain/codec/merkle"
)

const (
	// RowBytes is the length of a row: entry of the worker's log and leaf of the block.
	RowBytes = 202

	rowVersion    = 1
	rowKindResult = 0
)

// Row is a result. It holds every column of its job, so that the job id follows from it. Source: docs/spec/log.md.
type Row struct {
	Job
	Incarnation uint32
	Index       uint64
	Units       uint64
	Charge      uint64 // ulam
	Output      Digest // items commitment of the outputs
}

// Encode writes the row's 202 bytes.
func (r *Row) Encode() []byte {
	bytes := r.bytes()
	return bytes[:]
}

// LeafHash serves the worker's log and the block's tree alike.
func (r *Row) LeafHash() merkle.Digest {
	bytes := r.bytes()
	return merkle.HashLeaf(bytes[:])
}

// bytes stays off the heap: rows come by the thousand.
func (r *Row) bytes() (bytes [RowBytes]byte) {
	order := binary.BigEndian
	bytes[0], bytes[1] = rowVersion, rowKindResult
	copy(bytes[2:], r.Worker[:])
	bytes[34], bytes[35] = r.Level, r.Param
	order.PutUint32(bytes[36:], r.Incarnation)
	order.PutUint64(bytes[40:], r.Index)
	order.PutUint64(bytes[48:], r.Lane)
	order.PutUint32(bytes[56:], r.Nonce)
	copy(bytes[60:], r.Model[:])
	order.PutUint16(bytes[92:], r.Profile)
	order.PutUint32(bytes[94:], r.Items)
	order.PutUint64(bytes[98:], r.UnitPrice)
	order.PutUint64(bytes[106:], r.Ceiling)
	order.PutUint64(bytes[114:], r.SettleBy)
	copy(bytes[122:], r.H[:])
	order.PutUint64(bytes[154:], r.Units)
	order.PutUint64(bytes[162:], r.Charge)
	copy(bytes[170:], r.Output[:])
	return bytes
}

// DecodeRow reads exactly 202 bytes.
func DecodeRow(data []byte) (Row, error) {
	r := newReader(data)
	if len(data) == RowBytes { // else the length is the first fault
		r.exactly(rowVersion, "version")
		r.exactly(rowKindResult, "kind")
	} else {
		r.take(2, "version")
	}
	row := Row{}
	row.Worker = r.digest("worker")
	row.Level, row.Param = r.u8("level"), r.u8("param")
	row.Incarnation, row.Index = r.u32("incarnation"), r.u64("index")
	row.Lane, row.Nonce = r.u64("lane"), r.u32("nonce")
	row.Model, row.Profile, row.Items = r.digest("model"), r.u16("profile"), r.u32("items")
	row.UnitPrice, row.Ceiling, row.SettleBy = r.u64("unit_price"), r.u64("ceiling"), r.u64("settle_by")
	row.H, row.Units, row.Charge, row.Output = r.digest("h"), r.u64("units"), r.u64("charge"), r.digest("output")
	return row, r.end()
}

// JobID is the id of the job that the row answers.
func (r *Row) JobID(chainID string) Digest { return r.Job.ID(chainID) }

// RowsRoot is the tree over the rows' bytes, in the block's order.
func RowsRoot(rows []Row) Digest {
	var log merkle.Log
	for index := range rows {
		log.AppendHash(rows[index].LeafHash())
	}
	return log.Root()
}

// SpendRoot is the root in lamina/spend/1: the tree over a lane's job ids, in the block's order.
func SpendRoot(jobIDs []Digest) Digest {
	var log merkle.Log
	for _, id := range jobIDs {
		log.Append(id[:])
	}
	return log.Root()
}
