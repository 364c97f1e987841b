package merkle

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// Log is an append-only tree of which only the peaks are kept: the roots of the perfect subtrees that its size splits
// into, largest first. The zero value is the empty log.
type Log struct {
	Size  uint64
	Peaks []Digest
}

// Append adds a leaf by its data.
func (log *Log) Append(data []byte) { log.AppendHash(HashLeaf(data)) }

// AppendHash adds a leaf by its hash. The peaks that complete a larger subtree fold into it.
func (log *Log) AppendHash(hash Digest) {
	for folds := bits.TrailingZeros64(^log.Size); folds > 0; folds-- {
		last := len(log.Peaks) - 1
		hash = HashNode(log.Peaks[last], hash)
		log.Peaks = log.Peaks[:last]
	}
	log.Peaks = append(log.Peaks, hash)
	log.Size++
}

// Root folds the peaks from the right into the RFC 9162 root.
func (log Log) Root() Digest {
	if len(log.Peaks) == 0 {
		return EmptyRoot()
	}
	root := log.Peaks[len(log.Peaks)-1]
	for index := len(log.Peaks) - 2; index >= 0; index-- {
		root = HashNode(log.Peaks[index], root)
	}
	return root
}

// Encode is size u64 ‖ peaks b32 × n, n following from the size.
func (log Log) Encode() []byte {
	bytes := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(log.Peaks)*len(Digest{})), log.Size)
	for _, peak := range log.Peaks {
		bytes = append(bytes, peak[:]...)
	}
	return bytes
}

// NewLog takes size and peaks from outside and refuses peaks that are not as many as the size has.
func NewLog(size uint64, peaks []Digest) (Log, error) {
	if expected := bits.OnesCount64(size); len(peaks) != expected {
		return Log{}, fmt.Errorf("a log of %d leaves has %d peaks, found %d", size, expected, len(peaks))
	}
	return Log{Size: size, Peaks: append([]Digest(nil), peaks...)}, nil
}

// DecodeLog reads what Encode writes.
func DecodeLog(bytes []byte) (Log, error) {
	if len(bytes) < 8 || (len(bytes)-8)%len(Digest{}) != 0 {
		return Log{}, fmt.Errorf("a log is 8 bytes and 32 for each peak, found %d", len(bytes))
	}
	size := binary.BigEndian.Uint64(bytes)
	peaks := make([]Digest, (len(bytes)-8)/len(Digest{}))
	for index := range peaks {
		copy(peaks[index][:], bytes[8+index*len(Digest{}):])
	}
	return NewLog(size, peaks)
}
