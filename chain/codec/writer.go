package codec

import (
	"encoding/binary"
	"fmt"
	"math"
)

// writer builds canonical bytes. A string too long for its length field sticks as an error, which finish returns.
type writer struct {
	bytes []byte
	err   *EncodeError
}

func newWriter(capacity int) *writer { return &writer{bytes: make([]byte, 0, capacity)} }

func (w *writer) u8(value uint8)   { w.bytes = append(w.bytes, value) }
func (w *writer) u16(value uint16) { w.bytes = binary.BigEndian.AppendUint16(w.bytes, value) }
func (w *writer) u32(value uint32) { w.bytes = binary.BigEndian.AppendUint32(w.bytes, value) }
func (w *writer) u64(value uint64) { w.bytes = binary.BigEndian.AppendUint64(w.bytes, value) }

func (w *writer) fixed(bytes []byte) { w.bytes = append(w.bytes, bytes...) }

func (w *writer) varint(value uint64) { w.bytes = binary.AppendUvarint(w.bytes, value) }

// zigzag writes the signed 64-bit value that has the bits of difference.
func (w *writer) zigzag(difference uint64) {
	w.varint((difference << 1) ^ uint64(int64(difference)>>63))
}

func (w *writer) str8(text string) {
	if w.fits(len(text), math.MaxUint8, text) {
		w.u8(uint8(len(text)))
		w.bytes = append(w.bytes, text...)
	}
}

func (w *writer) str16(text string) {
	if w.fits(len(text), math.MaxUint16, text) {
		w.u16(uint16(len(text)))
		w.bytes = append(w.bytes, text...)
	}
}

func (w *writer) bytes16(bytes []byte) {
	if w.fits(len(bytes), math.MaxUint16, "bytes") {
		w.u16(uint16(len(bytes)))
		w.fixed(bytes)
	}
}

func (w *writer) bytes32(bytes []byte) {
	if w.fits(len(bytes), math.MaxUint32, "bytes") {
		w.u32(uint32(len(bytes)))
		w.fixed(bytes)
	}
}

func (w *writer) fits(length, maximum int, item string) bool {
	if length <= maximum {
		return true
	}
	if w.err == nil {
		w.err = &EncodeError{Item: fmt.Sprintf("%.20q", item), Expected: fmt.Sprintf("at most %d bytes", maximum), Found: fmt.Sprint(length)}
	}
	return false
}

func (w *writer) finish() ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	return w.bytes, nil
}
