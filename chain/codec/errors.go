package codec

import "fmt"

// Kind says in which way bytes do not decode. The words are those of the TypeScript side.
type Kind string

const (
	KindTruncated        Kind = "truncated"
	KindTrailingBytes    Kind = "trailing-bytes"
	KindNonMinimalVarint Kind = "non-minimal-varint"
	KindVarintOverflow   Kind = "varint-overflow"
	KindLengthOverLimit  Kind = "length-over-limit"
	KindInvalidUTF8      Kind = "invalid-utf8"
	KindOutOfRange       Kind = "out-of-range"
	KindUnexpectedValue  Kind = "unexpected-value"
)

// DecodeError names the first item that is wrong in an encoding, such as `blocks[2].runs[0].count`, and where it lies.
type DecodeError struct {
	Kind     Kind
	Item     string
	Offset   int // bytes from the start of what was read
	Expected string
	Found    string
}

func (e *DecodeError) Error() string {
	return fmt.Sprintf("%s: %s at offset %d: expected %s, found %s", e.Item, e.Kind, e.Offset, e.Expected, e.Found)
}

// EncodeError says that a value of ours does not fit the format it was to be written in.
type EncodeError struct {
	Item     string
	Expected string
	Found    string
}

func (e *EncodeError) Error() string {
	return fmt.Sprintf("cannot encode %s: expected %s, found %s", e.Item, e.Expected, e.Found)
}
