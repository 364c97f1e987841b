package codec

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"testing"

	"github.com/lamina-network/lamina/chain/codec/ed25519x"
	"github.com/lamina-network/lamina/chain/internal/vectors"
)

type encoded struct {
	ChainID string `json:"chainId"`
	Bytes   string `json:"bytes"`
}

// run hands the bytes of every vector to evaluate, decoded from hex.
func run(t *testing.T, topic string, evaluate func(t *testing.T, input encoded, bytes []byte) (any, error)) {
	vectors.Run(t, topic, kindOf, func(t *testing.T, input encoded) (any, error) {
		return evaluate(t, input, unhex(t, input.Bytes))
	})
}

func number(t testing.TB, text string) uint64 {
	t.Helper()
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("read a number: %v", err)
	}
	return value
}

func TestIntegerVectors(t *testing.T) {
	run(t, "encoding/varint", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		r := newReader(bytes)
		value := r.varint("varint")
		w := newWriter(10)
		w.varint(value)
		if err := r.end(); err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, w.bytes, nil)
		return strconv.FormatUint(value, 10), nil
	})
	run(t, "encoding/zigzag", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		r := newReader(bytes)
		value := r.zigzag("zigzag")
		w := newWriter(10)
		w.zigzag(value)
		if err := r.end(); err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, w.bytes, nil)
		return strconv.FormatInt(int64(value), 10), nil
	})
}

func TestHashVectors(t *testing.T) {
	type input struct{ Tag, Bytes string }
	vectors.Run(t, "encoding/hash", kindOf, func(t *testing.T, in input) (any, error) {
		w := newWriter(64)
		w.str8(in.Tag)
		w.fixed(unhex(t, in.Bytes))
		return map[string]any{"tagged": plain(t, w.hash()), "plain": plain(t, sha256.Sum256(unhex(t, in.Bytes)))}, nil
	})
	vectors.Run(t, "encoding/chain-id", kindOf, func(t *testing.T, in encoded) (any, error) {
		w := newWriter(64)
		w.str8(in.ChainID)
		return hex.EncodeToString(w.bytes), CheckChainID(in.ChainID)
	})
}

func TestStatementVectors(t *testing.T) {
	type input struct {
		Tag     string
		ChainID string `json:"chainId"`
		Fields  map[string]string
	}
	for _, vector := range vectors.Load(t, "statements/sign-bytes") {
		in := decode[input](t, vector.Input)
		expected := decode[struct{ Bytes, PublicKey, Signature string }](t, vector.Expected)
		field, count := in.Fields, func(name string) uint64 { return number(t, in.Fields[name]) }
		var bytes []byte
		var err error
		switch in.Tag {
		case TagSignJob:
			bytes = SignJobStatement(in.ChainID, digestOf(t, field["jobId"]), count("settleBy"))
		case TagCancel:
			bytes = CancelStatement(in.ChainID, digestOf(t, field["jobId"]), count("settleBy"))
		case TagSpend:
			bytes = SpendStatement(in.ChainID, count("lane"), count("term"), count("number"), uint32(count("count")), digestOf(t, field["root"]))
		case TagHead:
			log := LogID{Worker: digestOf(t, field["worker"]), Level: uint8(count("level")), Param: uint8(count("param")), Incarnation: uint32(count("incarnation"))}
			bytes = HeadStatement(in.ChainID, log, count("count"), digestOf(t, field["head"]))
		case TagPossess:
			bytes, err = PossessStatement(in.ChainID, Role(count("role")), unhex(t, field["key"]), field["account"], count("expires"))
		case TagBlock:
			bytes = Header{
				ChainID: in.ChainID, Term: count("term"), Number: count("number"), Parent: digestOf(t, field["parent"]),
				Level: uint8(count("level")), Param: uint8(count("param")), ReferenceHeight: count("referenceHeight"),
				Rows: uint32(count("rows")), Runs: uint32(count("runs")), Charges: count("charges"), RowsRoot: digestOf(t, field["rowsRoot"]),
			}.Encode()
		default:
			t.Fatalf("expected a known tag, found %s", in.Tag)
		}
		sameBytes(t, expected.Bytes, bytes, err)
		if !ed25519x.VerifyStrict(unhex(t, expected.PublicKey), bytes, unhex(t, expected.Signature)) {
			t.Errorf("%s: expected the signature to verify", vector.Name)
		}
	}
}

func TestManifestVectors(t *testing.T) {
	run(t, "manifest/decode", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		manifest, err := DecodeManifest(bytes)
		if err != nil {
			return nil, err
		}
		again, err := manifest.Encode()
		sameBytes(t, input.Bytes, again, err)
		return map[string]any{"modelId": plain(t, ModelID(bytes)), "json": manifestJSON(t, manifest)}, nil
	})
}

func TestJobVectors(t *testing.T) {
	run(t, "job/decode", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		job, err := DecodeJob(bytes)
		if err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, job.Encode(), nil)
		return map[string]any{"job": plain(t, job), "jobId": plain(t, job.ID(input.ChainID))}, nil
	})
	run(t, "job/parameters", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		parameters, err := DecodeParameters(bytes)
		if err != nil {
			return nil, err
		}
		again, err := EncodeParameters(parameters)
		sameBytes(t, input.Bytes, again, err)
		return plain(t, parameters), nil
	})
	type private struct{ Salt, InputCommitment, Parameters, Reference string }
	vectors.Run(t, "job/private", kindOf, func(t *testing.T, in private) (any, error) {
		h, err := PrivateCommitment(digestOf(t, in.Salt), digestOf(t, in.InputCommitment), unhex(t, in.Parameters), unhex(t, in.Reference))
		return plain(t, h), err
	})
}

func TestRowAndLogVectors(t *testing.T) {
	run(t, "row/decode", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		row, err := DecodeRow(bytes)
		if err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, row.Encode(), nil)
		return map[string]any{"row": plain(t, row), "leafHash": plain(t, row.LeafHash()), "jobId": plain(t, row.JobID(input.ChainID))}, nil
	})
	type log struct {
		ChainID, Worker, Level, Param, Incarnation string
		Rows                                       []string
	}
	for _, vector := range vectors.Load(t, "log/heads") {
		in := decode[log](t, vector.Input)
		expected := decode[struct {
			Start, Signature string
			Heads            []string
		}](t, vector.Expected)
		id := LogID{Worker: digestOf(t, in.Worker), Level: uint8(number(t, in.Level)), Param: uint8(number(t, in.Param)), Incarnation: uint32(number(t, in.Incarnation))}
		head := StartHead(in.ChainID, id)
		sameBytes(t, expected.Start, head[:], nil)
		for index, text := range in.Rows {
			row, err := DecodeRow(unhex(t, text))
			if err != nil {
				t.Fatalf("%s: %v", vector.Name, err)
			}
			head = HeadAfter(head, []Digest{row.LeafHash()})
			sameBytes(t, expected.Heads[index], head[:], nil)
		}
		statement := HeadStatement(in.ChainID, id, uint64(len(in.Rows)), head)
		if !ed25519x.VerifyStrict(id.Worker[:], statement, unhex(t, expected.Signature)) {
			t.Errorf("%s: expected the signature to verify", vector.Name)
		}
	}
}

func TestHeaderVectors(t *testing.T) {
	run(t, "header/decode", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		header, err := DecodeHeader(bytes)
		if err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, header.Encode(), nil)
		return map[string]any{"header": plain(t, header), "hash": plain(t, header.Hash())}, nil
	})
	run(t, "header/forced", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		header, err := DecodeForcedHeader(bytes)
		if err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, header.Encode(), nil)
		return map[string]any{"header": plain(t, header), "hash": plain(t, header.Hash())}, nil
	})
	vectors.Run(t, "header/genesis", kindOf, func(t *testing.T, in encoded) (any, error) {
		return plain(t, GenesisParent(in.ChainID)), nil
	})
}

func TestBatchVectors(t *testing.T) {
	run(t, "batch/decode", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		batch, err := DecodeBatch(bytes)
		if err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, batch.Encode(), nil)
		headers, rows, parent := []any{}, []any{}, batch.Parent
		for index, block := range batch.Blocks {
			header := block.Header(input.ChainID, batch.Term, batch.FirstNumber+uint64(index), parent)
			parent = header.Hash()
			headers = append(headers, map[string]any{"bytes": hex.EncodeToString(header.Encode()), "hash": plain(t, parent)})
			rows = append(rows, rowBytes(block.Rows))
		}
		id := BatchID(input.ChainID, batch.Term, batch.FirstNumber, uint32(len(batch.Blocks)), parent)
		return map[string]any{"batchId": plain(t, id), "headers": headers, "rows": rows, "batch": plain(t, batch)}, nil
	})
	run(t, "forced/decode", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		forced, err := DecodeForcedRun(bytes)
		if err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, forced.Encode(), nil)
		members, ok := plain(t, forced).(map[string]any)
		if !ok {
			t.Fatal("expected members")
		}
		delete(members, "runs")
		members["run"], members["rowBytes"] = plain(t, forced.Runs[0]), rowBytes(forced.Rows)
		return members, nil
	})
}

func rowBytes(rows []Row) []string {
	all := make([]string, len(rows))
	for index := range rows {
		all[index] = hex.EncodeToString(rows[index].Encode())
	}
	return all
}

func TestFinalVectors(t *testing.T) {
	type exceptions struct{ Rows, Bytes string }
	vectors.Run(t, "exceptions/decode", kindOf, func(t *testing.T, in exceptions) (any, error) {
		runs, err := DecodeExceptions(unhex(t, in.Bytes), uint32(number(t, in.Rows)))
		if err != nil {
			return nil, err
		}
		sameBytes(t, in.Bytes, EncodeExceptions(runs), CheckExceptions(runs, uint32(number(t, in.Rows))))
		return map[string]any{"runs": plain(t, runs), "digest": plain(t, ExceptionsDigest(runs))}, nil
	})
	run(t, "final-record/decode", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		record, err := DecodeFinalRecord(bytes)
		if err != nil {
			return nil, err
		}
		sameBytes(t, input.Bytes, record.Encode(), nil)
		return plain(t, record), nil
	})
}

type plainTensor struct {
	Type string
	Dims []string
	Data string
}

func (p plainTensor) tensor(t *testing.T) Tensor {
	t.Helper()
	tensor := Tensor{Type: ElementType(number(t, p.Type)), Data: unhex(t, p.Data)}
	for _, dim := range p.Dims {
		tensor.Dims = append(tensor.Dims, uint32(number(t, dim)))
	}
	return tensor
}

func direction(name string) Direction {
	if name == "input" {
		return Input
	}
	return Output
}

func TestCommitmentVectors(t *testing.T) {
	type tensorInput struct {
		plainTensor
		Seed, Item, Tensor string
	}
	vectors.Run(t, "commitments/tensor", kindOf, func(t *testing.T, in tensorInput) (any, error) {
		tensor := in.tensor(t)
		var salt LeafSalt
		if in.Seed != "" {
			salt = func(leaf uint64) [LeafSaltBytes]byte {
				return SaltOfLeaf(digestOf(t, in.Seed), uint32(number(t, in.Item)), uint16(number(t, in.Tensor)), leaf)
			}
		}
		commitment, err := TensorCommitment(&tensor, salt)
		if err != nil {
			return nil, err
		}
		return map[string]any{"leaves": strconv.Itoa(len(tensor.Leaves())), "commitment": plain(t, commitment)}, nil
	})
	type saltInput struct{ Salt, Direction, Item, Tensor, Leaf string }
	vectors.Run(t, "commitments/salt", kindOf, func(t *testing.T, in saltInput) (any, error) {
		seed := SaltSeed(digestOf(t, in.Salt), direction(in.Direction))
		salt := SaltOfLeaf(seed, uint32(number(t, in.Item)), uint16(number(t, in.Tensor)), number(t, in.Leaf))
		return map[string]any{"seed": plain(t, seed), "salt": plain(t, salt)}, nil
	})
	type itemsInput struct {
		Direction, Salt string
		Items           [][]plainTensor
	}
	vectors.Run(t, "commitments/items", kindOf, func(t *testing.T, in itemsInput) (any, error) {
		items := make([][]Tensor, len(in.Items))
		for index, item := range in.Items {
			for _, tensor := range item {
				items[index] = append(items[index], tensor.tensor(t))
			}
		}
		tensors, err := ItemCommitments(items, direction(in.Direction), digestOf(t, in.Salt))
		if err != nil {
			return nil, err
		}
		commitment, err := ItemsCommitment(tensors, direction(in.Direction))
		return map[string]any{"tensors": plain(t, tensors), "commitment": plain(t, commitment)}, err
	})
	run(t, "commitments/tensors-file", func(t *testing.T, input encoded, bytes []byte) (any, error) {
		items, err := DecodeTensorsFile(bytes)
		if err != nil {
			return nil, err
		}
		if len(items) > 0 {
			again, err := EncodeTensorsFile(items)
			sameBytes(t, input.Bytes, again, err)
		}
		return plainItems(t, items), nil
	})
}

func plainItems(t *testing.T, items [][]Tensor) []any {
	t.Helper()
	list := make([]any, len(items))
	for index, item := range items {
		list[index] = plain(t, item)
	}
	return list
}
