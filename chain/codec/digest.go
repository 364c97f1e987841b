package codec

import (
	"crypto/sha256"

	"github.com/lamina-network/lamina/chain/codec/merkle"
)

// Digest is a SHA-256 hash, an ed25519 key or an id: 32 raw bytes.
type Digest = merkle.Digest

// Signature is ed25519's R ‖ S.
type Signature = [SignatureBytes]byte

// ToDigest takes 32 bytes from outside; other lengths are refused.
func ToDigest(bytes []byte) (Digest, bool) {
	if len(bytes) != DigestBytes {
		return Digest{}, false
	}
	return Digest(bytes), true
}

func (w *writer) digest(digest Digest)          { w.bytes = append(w.bytes, digest[:]...) }
func (w *writer) signature(signature Signature) { w.bytes = append(w.bytes, signature[:]...) }
func (w *writer) hash() Digest                  { return sha256.Sum256(w.bytes) }

func merkleLeaf(data Digest) Digest       { return merkle.HashLeaf(data[:]) }
func rootOfLeaves(hashes []Digest) Digest { return merkle.RootOfHashes(hashes) }
