// Package ed25519x verifies ed25519 by the one rule that Go, Node and browsers share, so that a signature never counts
// in one place and not in another (T28, I19). Source: docs/spec/encoding.md, *The ed25519 rule*.
package ed25519x

import (
	"crypto/ed25519"

	"filippo.io/edwards25519"
)

// Problem says why a public key is refused, whatever it may have signed. The empty problem is none.
type Problem string

const (
	WrongLength  Problem = "wrong length"
	NonCanonical Problem = "non-canonical"
	NotOnCurve   Problem = "not on the curve"
	SmallOrder   Problem = "small order"
)

// PublicKeyProblem tells why key may not be used: it is not 32 bytes, its y is not below p, it is not a point, it is
// x = 0 with the sign bit set, or it is of small order. Keys are few: check once, where a key is registered.
func PublicKeyProblem(key []byte) Problem {
	if len(key) != ed25519.PublicKeySize {
		return WrongLength
	}
	if !isCanonicalY(key) || isNegativeZero(key) {
		return NonCanonical
	}
	point, err := new(edwards25519.Point).SetBytes(key)
	if err != nil {
		return NotOnCurve
	}
	if new(edwards25519.Point).MultByCofactor(point).Equal(edwards25519.NewIdentityPoint()) == 1 {
		return SmallOrder
	}
	return ""
}

// VerifyStrict checks key and signature by the whole rule.
func VerifyStrict(key, message, signature []byte) bool {
	return PublicKeyProblem(key) == "" && VerifyRegistered(key, message, signature)
}

// VerifyRegistered checks a signature under a key that PublicKeyProblem has accepted before: S below the group order,
// and R byte for byte the encoding of [S]B − [k]A, without the cofactor, which is what Go's own verifier does. An R of
// small order is refused in front of it: OpenSSL 3.5 does so too, and a signer could split the two.
func VerifyRegistered(key, message, signature []byte) bool {
	if len(key) != ed25519.PublicKeySize || len(signature) != ed25519.SignatureSize {
		return false
	}
	_, isSmallOrder := smallOrderEncodings[string(signature[:32])]
	return !isSmallOrder && ed25519.Verify(key, message, signature)
}

// smallOrderEncodings are the canonical encodings of the eight points whose order divides 8.
var smallOrderEncodings = map[string]struct{}{
	"\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00": {},
	"\xec\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f": {},
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00": {},
	"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80": {},
	"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05": {},
	"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x85": {},
	"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a": {},
	"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\xfa": {},
}

// isCanonicalY tells whether y, the little-endian key without its top bit, is below p = 2^255 − 19.
func isCanonicalY(key []byte) bool {
	if key[31]&0x7f != 0x7f {
		return true
	}
	for _, value := range key[1:31] {
		if value != 0xff {
			return true
		}
	}
	return key[0] < 0xed
}

// isNegativeZero: x is 0 exactly where y is 1 or p − 1; with the sign bit set that is a second spelling of one point.
func isNegativeZero(key []byte) bool {
	if key[31]&0x80 == 0 {
		return false
	}
	return isLittleEndian(key, 0x01, 0x00, 0x00) || isLittleEndian(key, 0xec, 0xff, 0x7f)
}

func isLittleEndian(key []byte, first, middle, last byte) bool {
	if key[0] != first || key[31]&0x7f != last {
		return false
	}
	for _, value := range key[1:31] {
		if value != middle {
			return false
		}
	}
	return true
}
