package codec

import (
	"crypto/ed25519"
	"encoding/binary"
	"testing"

	"github.com/lamina-network/lamina/chain/codec/ed25519x"
	"github.com/lamina-network/lamina/chain/codec/merkle"
)

const benchRows = 10_000

// benchBatch is one block of 10,000 rows of one worker and one payer: what a busy sequencer posts.
func benchBatch() Batch {
	body := PostedBody{Level: LevelOptimistic, ReferenceHeight: 1_000, Rows: make([]Row, benchRows)}
	body.Runs = []PostedRun{{Worker: Digest{1}, Count: benchRows}}
	for index := range body.Rows {
		row := &body.Rows[index]
		row.Worker, row.Level, row.Index = Digest{1}, LevelOptimistic, uint64(index)
		row.Lane, row.Nonce, row.Model, row.Profile, row.Items = 7, uint32(index), Digest{2}, 1, 1
		row.UnitPrice, row.Ceiling, row.SettleBy, row.Units, row.Charge = 25, 1_000, 1_200, 1, 25
		binary.BigEndian.PutUint64(row.H[:], uint64(index))
		binary.BigEndian.PutUint64(row.Output[:], ^uint64(index))
	}
	body.Authorisations = []LaneAuthorisation{{Lane: 7}}
	block := PostedBlock{PostedBody: body, Charges: 25 * benchRows, RowsRoot: RowsRoot(body.Rows)}
	return Batch{Term: 1, FirstNumber: 1, Blocks: []PostedBlock{block}}
}

func reportRows(b *testing.B) {
	b.Helper()
	b.ReportMetric(float64(b.N)*benchRows/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkDecodeBatch(b *testing.B) {
	bytes := benchBatch().Encode()
	b.SetBytes(int64(len(bytes)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeBatch(bytes); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(bytes))/benchRows, "bytes/row")
	reportRows(b)
}

// BenchmarkCheckBatch is all hashing that acceptance does for each row: leaf, root, head chain, job id, spend root.
func BenchmarkCheckBatch(b *testing.B) {
	bytes := benchBatch().Encode()
	for b.Loop() {
		batch, err := DecodeBatch(bytes)
		if err != nil {
			b.Fatal(err)
		}
		rows := batch.Blocks[0].Rows
		leaves, ids := make([]Digest, len(rows)), make([]Digest, len(rows))
		for index := range rows {
			leaves[index], ids[index] = rows[index].LeafHash(), rows[index].JobID("lamina-dev")
		}
		if merkle.RootOfHashes(leaves) != batch.Blocks[0].RowsRoot {
			b.Fatal("rows_root")
		}
		HeadAfter(Digest{}, leaves)
		SpendRoot(ids)
	}
	reportRows(b)
}

func BenchmarkVerify(b *testing.B) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	message := SignJobStatement("lamina-dev", Digest{1}, 1_000)
	signature := ed25519.Sign(key, message)
	public := []byte(key.Public().(ed25519.PublicKey))
	b.Run("registered key", func(b *testing.B) {
		for b.Loop() {
			if !ed25519x.VerifyRegistered(public, message, signature) {
				b.Fatal("refused")
			}
		}
	})
	b.Run("any key", func(b *testing.B) {
		for b.Loop() {
			if !ed25519x.VerifyStrict(public, message, signature) {
				b.Fatal("refused")
			}
		}
	})
}
