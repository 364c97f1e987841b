package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

const (
	varintBytesMax = 10
	// DigestBytes is the length of every hash, key and id.
	DigestBytes = 32
	// SignatureBytes is the length of an ed25519 signature.
	SignatureBytes = 64
)

// reader consumes canonical bytes. The first failure sticks: later reads give zeros and keep it, so that straight-line
// decoders check once. Code that loops or allocates by what it has read looks at failed first.
type reader struct {
	data   []byte
	offset int
	err    *DecodeError
}

func newReader(data []byte) *reader { return &reader{data: data} }

func (r *reader) failed() bool   { return r.err != nil }
func (r *reader) remaining() int { return len(r.data) - r.offset }

func (r *reader) fail(kind Kind, item, expected, found string) {
	r.failAt(r.offset, kind, item, expected, found)
}

func (r *reader) failAt(offset int, kind Kind, item, expected, found string) {
	if r.err == nil {
		r.err = &DecodeError{Kind: kind, Item: item, Offset: offset, Expected: expected, Found: found}
	}
}

// take returns the next count bytes, without copying, or nil.
func (r *reader) take(count int, item string) []byte {
	if r.err != nil {
		return nil
	}
	if count < 0 || count > r.remaining() {
		r.fail(KindTruncated, item, strconv.Itoa(count)+" bytes", strconv.Itoa(r.remaining())+" left")
		return nil
	}
	bytes := r.data[r.offset : r.offset+count : r.offset+count]
	r.offset += count
	return bytes
}

func (r *reader) u8(item string) uint8 {
	if bytes := r.take(1, item); bytes != nil {
		return bytes[0]
	}
	return 0
}

func (r *reader) u16(item string) uint16 {
	if bytes := r.take(2, item); bytes != nil {
		return binary.BigEndian.Uint16(bytes)
	}
	return 0
}

func (r *reader) u32(item string) uint32 {
	if bytes := r.take(4, item); bytes != nil {
		return binary.BigEndian.Uint32(bytes)
	}
	return 0
}

func (r *reader) u64(item string) uint64 {
	if bytes := r.take(8, item); bytes != nil {
		return binary.BigEndian.Uint64(bytes)
	}
	return 0
}

func (r *reader) digest(item string) (digest [DigestBytes]byte) {
	copy(digest[:], r.take(DigestBytes, item))
	return digest
}

func (r *reader) signature(item string) (signature [SignatureBytes]byte) {
	copy(signature[:], r.take(SignatureBytes, item))
	return signature
}

// varint reads an unsigned LEB128 of at most 64 bits in its shortest form.
func (r *reader) varint(item string) uint64 {
	start, value := r.offset, uint64(0)
	for index := 0; index < varintBytesMax; index++ {
		bytes := r.take(1, item)
		if bytes == nil {
			return 0
		}
		if index == varintBytesMax-1 && bytes[0] > 1 {
			break
		}
		value |= uint64(bytes[0]&0x7f) << (7 * index)
		if bytes[0] >= 0x80 {
			continue
		}
		if bytes[0] == 0 && index > 0 {
			r.failAt(start, KindNonMinimalVarint, item, "the shortest varint", fmt.Sprintf("%d bytes ending in 00", index+1))
			return 0
		}
		return value
	}
	r.failAt(start, KindVarintOverflow, item, "a varint of at most 64 bits", "more")
	return 0
}

// zigzag reads a signed 64-bit value as the unsigned one of the same bits: columns hold differences modulo 2^64.
func (r *reader) zigzag(item string) uint64 {
	mapped := r.varint(item)
	return (mapped >> 1) ^ -(mapped & 1)
}

// count reads a varint that says how many elements of at least elementBytes follow, of which there may be minimum to
// maximum. What cannot be there by the bytes that are left is refused before anything is allocated.
func (r *reader) count(item string, minimum, maximum uint64, elementBytes int) int {
	start := r.offset
	value := r.varint(item)
	if r.failed() {
		return 0
	}
	return r.checkCount(start, item, value, minimum, maximum, elementBytes)
}

func (r *reader) checkCount(start int, item string, value, minimum, maximum uint64, elementBytes int) int {
	if value < minimum {
		r.failAt(start, KindOutOfRange, item, fmt.Sprintf("at least %d", minimum), strconv.FormatUint(value, 10))
		return 0
	}
	if value > maximum {
		r.failAt(start, KindLengthOverLimit, item, fmt.Sprintf("at most %d", maximum), strconv.FormatUint(value, 10))
		return 0
	}
	if value > math.MaxInt32 || int(value)*elementBytes > r.remaining() {
		r.fail(KindTruncated, item, fmt.Sprintf("%d elements of at least %d bytes", value, elementBytes), strconv.Itoa(r.remaining())+" bytes left")
		return 0
	}
	return int(value)
}

// bytes16 and bytes32 read a length of 2 or 4 bytes and that many bytes, copied.
func (r *reader) bytes16(item string) []byte { return r.counted(int(r.u16(item)), item) }

func (r *reader) bytes32(item string) []byte {
	length := r.u32(item)
	if !r.failed() && uint64(length) > uint64(r.remaining()) {
		r.fail(KindTruncated, item, strconv.FormatUint(uint64(length), 10)+" bytes", strconv.Itoa(r.remaining())+" left")
		return nil
	}
	return r.counted(int(length), item)
}

func (r *reader) counted(length int, item string) []byte {
	bytes := r.take(length, item)
	if r.failed() {
		return nil
	}
	return append([]byte{}, bytes...)
}

func (r *reader) str8(item string) string  { return r.text(int(r.u8(item)), item) }
func (r *reader) str16(item string) string { return r.text(int(r.u16(item)), item) }

func (r *reader) text(length int, item string) string {
	start := r.offset
	bytes := r.take(length, item)
	if !utf8.Valid(bytes) {
		r.failAt(start, KindInvalidUTF8, item, "UTF-8", "other bytes")
		return ""
	}
	return string(bytes)
}

// literal reads a str8 that may only be one text.
func (r *reader) literal(expected, item string) {
	start := r.offset
	if found := r.str8(item); !r.failed() && found != expected {
		r.failAt(start, KindUnexpectedValue, item, strconv.Quote(expected), strconv.Quote(found))
	}
}

// exactly reads a u8 that may only have one value.
func (r *reader) exactly(expected uint8, item string) {
	start := r.offset
	if found := r.u8(item); !r.failed() && found != expected {
		r.failAt(start, KindUnexpectedValue, item, strconv.Itoa(int(expected)), strconv.Itoa(int(found)))
	}
}

// end returns the first failure; bytes that follow are one, since they would give a value many encodings.
func (r *reader) end() error {
	if r.err == nil && r.remaining() > 0 {
		r.fail(KindTrailingBytes, "end", "no more bytes", strconv.Itoa(r.remaining())+" more")
	}
	if r.err != nil {
		return r.err
	}
	return nil
}
