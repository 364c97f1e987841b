package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/internal/vectors"
)

// Each fuzzer runs its seeds with the ordinary tests, and for longer by
//
//	go test ./codec -run '^$' -fuzz '^FuzzDecodeBatch$' -fuzztime 10s
//
// Seeds are the vectors, valid and invalid. What decodes must encode to the very bytes it came from: one value, one
// encoding; what does not must say so by a typed error, without a panic.
func fuzzDecoder(f *testing.F, topic string, roundTrip func([]byte) ([]byte, error)) {
	f.Helper()
	for _, vector := range vectors.Load(f, topic) {
		var input struct{ Bytes string }
		if err := json.Unmarshal(vector.Input, &input); err != nil {
			f.Fatalf("decode the input of %s: %v", vector.Name, err)
		}
		f.Add(unhex(f, input.Bytes))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		again, err := roundTrip(data)
		var decode *DecodeError
		if err != nil && !errors.As(err, &decode) {
			t.Fatalf("expected a DecodeError, found %T: %v", err, err)
		}
		if err == nil && !bytes.Equal(data, again) {
			t.Fatalf("expected %x to encode as it was, found %x", data, again)
		}
	})
}

func FuzzDecodeBatch(f *testing.F) {
	fuzzDecoder(f, "batch/decode", func(data []byte) ([]byte, error) {
		batch, err := DecodeBatch(data)
		if err != nil {
			return nil, err
		}
		return batch.Encode(), nil
	})
}

func FuzzDecodeForcedRun(f *testing.F) {
	fuzzDecoder(f, "forced/decode", func(data []byte) ([]byte, error) {
		forced, err := DecodeForcedRun(data)
		if err != nil {
			return nil, err
		}
		return forced.Encode(), nil
	})
}

func FuzzDecodeManifest(f *testing.F) {
	fuzzDecoder(f, "manifest/decode", func(data []byte) ([]byte, error) {
		manifest, err := DecodeManifest(data)
		if err != nil {
			return nil, err
		}
		return manifest.Encode()
	})
}

func FuzzDecodeJob(f *testing.F) {
	fuzzDecoder(f, "job/decode", func(data []byte) ([]byte, error) {
		job, err := DecodeJob(data)
		return job.Encode(), err
	})
}

func FuzzDecodeParameters(f *testing.F) {
	fuzzDecoder(f, "job/parameters", func(data []byte) ([]byte, error) {
		parameters, err := DecodeParameters(data)
		if err != nil {
			return nil, err
		}
		return EncodeParameters(parameters)
	})
}

func FuzzDecodeRow(f *testing.F) {
	fuzzDecoder(f, "row/decode", func(data []byte) ([]byte, error) {
		row, err := DecodeRow(data)
		return row.Encode(), err
	})
}

func FuzzDecodeHeader(f *testing.F) {
	fuzzDecoder(f, "header/decode", func(data []byte) ([]byte, error) {
		header, err := DecodeHeader(data)
		return header.Encode(), err
	})
}

func FuzzDecodeForcedHeader(f *testing.F) {
	fuzzDecoder(f, "header/forced", func(data []byte) ([]byte, error) {
		header, err := DecodeForcedHeader(data)
		return header.Encode(), err
	})
}

func FuzzDecodeExceptions(f *testing.F) {
	fuzzDecoder(f, "exceptions/decode", func(data []byte) ([]byte, error) {
		runs, err := DecodeExceptions(data, 1_000)
		return EncodeExceptions(runs), err
	})
}

func FuzzDecodeFinalRecord(f *testing.F) {
	fuzzDecoder(f, "final-record/decode", func(data []byte) ([]byte, error) {
		record, err := DecodeFinalRecord(data)
		return record.Encode(), err
	})
}

func FuzzDecodeTensorsFile(f *testing.F) {
	fuzzDecoder(f, "commitments/tensors-file", func(data []byte) ([]byte, error) {
		items, err := DecodeTensorsFile(data)
		if err != nil {
			return nil, err
		}
		if len(items) == 0 {
			return data, nil // a file of no items may name any number of tensors
		}
		return EncodeTensorsFile(items)
	})
}

func FuzzDecodeFinalLog(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(append([]byte{0, 0, 0, 0, 0, 0, 0, 3}, make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		log, err := merkle.DecodeLog(data)
		if err == nil && !bytes.Equal(log.Encode(), data) {
			t.Fatalf("expected %x to encode as it was, found %x", data, log.Encode())
		}
	})
}
