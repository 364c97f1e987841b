package receiptfacts

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

const chainID = testutil.ChainID

// secret is the private part of a job; secrets finds it by the h that commits to it.
type secret struct {
	salt, input codec.Digest
	reference   []byte
}

type secrets map[codec.Digest]secret

// open gives a row a private part, without parameters.
func (s secrets) open(t *testing.T, row codec.Row, name string) codec.Row {
	made := secret{salt: sha256.Sum256([]byte("salt " + name)), input: sha256.Sum256([]byte("input " + name)), reference: []byte(name)}
	h, err := codec.PrivateCommitment(made.salt, made.input, []byte{0, 0}, made.reference)
	require.NoError(t, err)
	row.H = h
	s[h] = made
	return row
}

func TestReceiptFacts(t *testing.T) {
	n := scenario.New(testutil.New(t))
	sequencer, first, second, lane := n.Sequencer("sequencer"), n.Worker("first"), n.Worker("second"), n.Lane("payer")
	opened := secrets{}
	rows := func(worker *scenario.Worker, count int) []codec.Row {
		made := n.Rows(worker, lane, count)
		for i, row := range made {
			made[i] = opened.open(t, row, fmt.Sprintf("%s %d", worker.Account, row.Nonce))
		}
		return made
	}
	spoilt := rows(first, 3)
	spoilt[1].Ceiling = spoilt[1].Charge - 1
	runs := []scenario.Run{first.Run(spoilt...), second.Run(rows(second, 2)...)}
	block := placeBlock(n, sequencer, []*scenario.Lane{lane}, runs)
	forced := placeForced(t, n, lane, second.Run(rows(second, 1)...))
	all := append(pendingFacts(t, n, opened, block, forced), finalFacts(t, n, opened, block, forced)...)
	require.Len(t, all, 2*len(block)+2)
	if path := os.Getenv("LAMINA_RECEIPT_FACTS"); path != "" {
		written, err := json.Marshal(all)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, written, 0o600))
	}
}

// placeBlock submits the runs in one block, and finds each row's place in it.
func placeBlock(n *scenario.Network, sequencer *scenario.Operator, lanes []*scenario.Lane, runs []scenario.Run) []placedRow {
	number, parent := n.Number, n.Parent
	posted := n.Submit(sequencer, lanes, runs...)
	header := posted.Header(chainID, n.Term, number, parent)
	public := sequencer.Key.Public()
	placed := make([]placedRow, len(posted.Rows))
	for index, row := range posted.Rows {
		for _, run := range runs {
			if run.Worker == row.Worker {
				placed[index] = placedRow{run, int(row.Index - run.Start), posted.Rows, index, header.Encode(), public[:], posted.Signature[:]}
			}
		}
	}
	return placed
}

func placeForced(t *testing.T, n *scenario.Network, lane *scenario.Lane, run scenario.Run) placedRow {
	submitter := n.Account("client")
	n.MustDeliver(submitter, n.Force(submitter, []*scenario.Lane{lane}, run))
	header := codec.ForcedHeader{
		ChainID: chainID, Sequence: 1, Level: codec.LevelOptimistic, AcceptedHeight: uint64(n.Height()), Rows: 1, Charges: run.Rows[0].Charge,
		RowsRoot: codec.RowsRoot(run.Rows),
	}
	require.NotEmpty(t, prove(t, n, pendingKey(3, 1)).Value, "the forced run waits")
	return placedRow{run: run, rows: run.Rows, header: header.Encode()}
}

// prove asks the application for a key of its store at the last height, as abci_query with prove does.
func prove(t *testing.T, n *scenario.Network, key []byte) *abci.ResponseQuery {
	answer, err := n.App.Query(context.Background(), &abci.RequestQuery{Path: "/store/rollup/key", Data: key, Height: n.Height(), Prove: true})
	require.NoError(t, err)
	require.Zero(t, answer.Code, answer.Log)
	return answer
}

func pendingKey(prefix byte, numbers ...uint64) []byte {
	key := []byte{prefix}
	for _, number := range numbers {
		key = binary.BigEndian.AppendUint64(key, number)
	}
	return key
}

func pendingFacts(t *testing.T, n *scenario.Network, opened secrets, block []placedRow, forced placedRow) []facts {
	made := []facts{}
	appHash := n.App.LastCommitID().Hash
	answer := prove(t, n, pendingKey(2, 1, 1))
	require.Len(t, answer.Value, 72)
	part := &pendingPart{decimal(binary.BigEndian.Uint64(answer.Value[32:])), fmt.Sprintf("%x", answer.Value[40:])}
	for _, row := range block {
		each := row.facts(fmt.Sprintf("pending block, row %d", row.index), opened).proved(answer, appHash)
		each.Pending, each.Outcome = part, "pending"
		made = append(made, each)
	}
	answer = prove(t, n, pendingKey(3, 1))
	require.Len(t, answer.Value, 40)
	each := forced.facts("pending forced run", opened).proved(answer, appHash)
	each.Pending, each.Outcome = &pendingPart{AcceptedHeight: decimal(binary.BigEndian.Uint64(answer.Value[32:]))}, "pending"
	return append(made, each)
}

func finalFacts(t *testing.T, n *scenario.Network, opened secrets, block []placedRow, forced placedRow) []facts {
	records := []string{}
	parts := map[uint32]finalPart{}
	for range 20 {
		for _, event := range testutil.Events[*rolluptypes.EventBlockFinal](n.Chain, n.Block().Events) {
			require.EqualValues(t, len(records), event.LogIndex)
			record := fmt.Sprintf("%x", recordBytes(event.Record))
			records = append(records, record)
			parts[event.Record.Kind] = finalPart{Record: record, Exceptions: fmt.Sprintf("%x", exceptionBytes(event.Exceptions)), LogIndex: int(event.LogIndex)}
		}
	}
	require.Len(t, records, 2, "block and forced run are final")
	answer, appHash := prove(t, n, []byte{1}), n.App.LastCommitID().Hash
	made := []facts{}
	for _, row := range append(block, forced) {
		kind, name := rolluptypes.KindBlock, fmt.Sprintf("final block, row %d", row.index)
		if row.sequencer == nil {
			kind, name = rolluptypes.KindForced, "final forced run"
		}
		part := parts[uint32(kind)]
		part.Records = records
		each := row.facts(name, opened).proved(answer, appHash)
		each.Final, each.Outcome = &part, "paid"
		switch placed := row.rows[row.index]; {
		case row.sequencer == nil:
			each.Reason = "individually_signed"
		case placed.Ceiling < placed.Charge:
			each.Outcome, each.Reason = "void", "over_ceiling"
		}
		made = append(made, each)
	}
	return made
}
