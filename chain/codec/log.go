package codec

import (
	"crypto/sha256"

	"github.com/lamina-network/lamina/chain/codec/merkle"
)

// LogID names one result log: a worker has one for each level, param and incarnation.
type LogID struct {
	Worker      Digest
	Level       uint8
	Param       uint8
	Incarnation uint32
}

const (
	tagLogStart = "lamina/log-start/1"
	tagLog      = "lamina/log/1"
)

// StartHead is head(0) of a log. Source: docs/spec/log.md.
func StartHead(chainID string, log LogID) Digest {
	w := statement(tagLogStart, chainID, 38)
	w.digest(log.Worker)
	w.u8(log.Level)
	w.u8(log.Param)
	w.u32(log.Incarnation)
	return w.hash()
}

// NextHead is the head after one more row, given by its leaf hash: one hash of the row serves log and block.
func NextHead(head, leafHash Digest) Digest {
	var bytes [1 + len(tagLog) + 2*sha256.Size]byte
	bytes[0] = byte(len(tagLog))
	at := 1 + copy(bytes[1:], tagLog)
	at += copy(bytes[at:], head[:])
	copy(bytes[at:], leafHash[:])
	return sha256.Sum256(bytes[:])
}

// HeadAfter follows rows, given by their leaf hashes, from head.
func HeadAfter(head Digest, leafHashes []merkle.Digest) Digest {
	for _, leafHash := range leafHashes {
		head = NextHead(head, leafHash)
	}
	return head
}
