package scenario

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/testutil"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// settleAhead is how far ahead of the last height a job's settle_by lies.
const settleAhead = 100

// Worker is an operator with its result log.
type Worker struct {
	*Operator
	Incarnation uint32
	Count       uint64
	Head        codec.Digest
}

// Worker registers a worker, which serves the network's model.
func (n *Network) Worker(name string) *Worker {
	n.TB.Helper()
	worker := &Worker{Operator: n.register(name, registrytypes.OperatorRole_OPERATOR_ROLE_WORKER)}
	worker.Head = codec.StartHead(testutil.ChainID, worker.log())
	return worker
}

func (w *Worker) log() codec.LogID {
	return codec.LogID{Worker: w.Key.Public(), Level: codec.LevelOptimistic, Incarnation: w.Incarnation}
}

// Job is a valid job of one item for a worker, with the lane's next nonce.
func (n *Network) Job(worker *Worker, lane *Lane) codec.Job {
	return n.jobAt(uint64(n.Height()), worker, lane)
}

func (n *Network) jobAt(height uint64, worker *Worker, lane *Lane) codec.Job {
	nonce := lane.nonce
	lane.nonce++
	return codec.Job{
		Level: codec.LevelOptimistic, Worker: worker.Key.Public(), Lane: lane.ID, Nonce: nonce, Model: n.Model, Profile: 1,
		Items: 1, UnitPrice: UnitPrice, Ceiling: UnitPrice*UnitsPerItem + 10, SettleBy: height + settleAhead,
		H: digestOf("h", lane.ID, uint64(nonce)),
	}
}

func digestOf(what string, numbers ...uint64) codec.Digest {
	raw := []byte(what)
	for _, number := range numbers {
		raw = binary.BigEndian.AppendUint64(raw, number)
	}
	return sha256.Sum256(raw)
}

// Answer is the row that answers a job; the run gives it its place in the log.
func Answer(job codec.Job) codec.Row {
	units := uint64(job.Items) * UnitsPerItem
	return codec.Row{Job: job, Units: units, Charge: units * job.UnitPrice, Output: digestOf("output", job.Lane, uint64(job.Nonce))}
}

// Rows answers count new jobs of a lane.
func (n *Network) Rows(worker *Worker, lane *Lane, count int) []codec.Row {
	return n.RowsOf(worker, []*Lane{lane}, count)
}

// RowsOf answers count new jobs, of one lane after the other.
func (n *Network) RowsOf(worker *Worker, lanes []*Lane, count int) []codec.Row {
	rows, height := make([]codec.Row, count), uint64(n.Height())
	for i := range rows {
		rows[i] = Answer(n.jobAt(height, worker, lanes[i%len(lanes)]))
	}
	return rows
}

// Run is rows in their places, under the worker's signature.
type Run struct {
	codec.PostedRun
	Rows []codec.Row
}

// Run appends rows to the worker's log and signs its new head.
func (w *Worker) Run(rows ...codec.Row) Run {
	run := Run{PostedRun: codec.PostedRun{
		Worker: w.Key.Public(), Incarnation: w.Incarnation, Start: w.Count, Count: uint32(len(rows)), PreviousHead: w.Head,
	}}
	for _, row := range rows {
		row.Worker, row.Incarnation, row.Index = w.Key.Public(), w.Incarnation, w.Count
		w.Head = codec.NextHead(w.Head, merkle.HashLeaf(row.Encode()))
		w.Count++
		run.Rows = append(run.Rows, row)
	}
	run.Signature = w.Key.Sign(codec.HeadStatement(testutil.ChainID, w.log(), w.Count, w.Head))
	return run
}

// Join makes one run of two that follow each other.
func Join(first, second Run) Run {
	joined := first
	joined.Rows = slices.Concat(first.Rows, second.Rows)
	joined.Count, joined.Signature = first.Count+second.Count, second.Signature
	return joined
}

// body puts runs into a block's order and authorises their rows.
func (n *Network) body(lanes []*Lane, each bool, runs []Run) codec.PostedBody {
	slices.SortFunc(runs, func(left, right Run) int { return bytes.Compare(left.Worker[:], right.Worker[:]) })
	body := codec.PostedBody{Level: codec.LevelOptimistic, ReferenceHeight: uint64(n.Height())}
	if n.ReferenceHeight != 0 {
		body.ReferenceHeight = n.ReferenceHeight
	}
	for _, run := range runs {
		body.Runs = append(body.Runs, run.PostedRun)
		body.Rows = append(body.Rows, run.Rows...)
	}
	byLane := map[uint64][]codec.Row{}
	for _, row := range body.Rows {
		byLane[row.Lane] = append(byLane[row.Lane], row)
	}
	slices.SortFunc(lanes, func(left, right *Lane) int { return cmp.Compare(left.ID, right.ID) })
	for _, lane := range lanes {
		if rows := byLane[lane.ID]; len(rows) > 0 {
			body.Authorisations = append(body.Authorisations, n.authorise(lane, rows, each))
		}
	}
	return body
}

// authorise is the spender's word for its rows of a block: one signature over them all, or one for each.
func (n *Network) authorise(lane *Lane, rows []codec.Row, each bool) codec.LaneAuthorisation {
	authorisation := codec.LaneAuthorisation{Lane: lane.ID}
	ids := make([]codec.Digest, len(rows))
	for i := range rows {
		ids[i] = rows[i].JobID(testutil.ChainID)
		if each {
			authorisation.Each = append(authorisation.Each, lane.Spender.Sign(codec.SignJobStatement(testutil.ChainID, ids[i], rows[i].SettleBy)))
		}
	}
	if !each {
		root := codec.SpendRoot(ids)
		authorisation.Root = lane.Spender.Sign(codec.SpendStatement(testutil.ChainID, lane.ID, n.Term, n.Number, uint32(len(ids)), root))
	}
	return authorisation
}

// Seal makes the term's next block of runs; the lanes' spenders sign their roots.
func (n *Network) Seal(sequencer *Operator, lanes []*Lane, runs ...Run) codec.PostedBlock {
	return n.seal(sequencer, n.body(lanes, false, runs))
}

// SealEach is Seal where spenders withhold their roots and each job carries its own signature.
func (n *Network) SealEach(sequencer *Operator, lanes []*Lane, runs ...Run) codec.PostedBlock {
	return n.seal(sequencer, n.body(lanes, true, runs))
}

func (n *Network) seal(sequencer *Operator, body codec.PostedBody) codec.PostedBlock {
	block := codec.PostedBlock{PostedBody: body}
	leaves := make([]merkle.Digest, len(body.Rows))
	for i, row := range body.Rows {
		leaves[i] = merkle.HashLeaf(row.Encode())
		block.Charges += row.Charge
	}
	block.RowsRoot = merkle.RootOfHashes(leaves)
	header := block.Header(testutil.ChainID, n.Term, n.Number, n.Parent)
	block.Signature = sequencer.Key.Sign(header.Encode())
	n.Number, n.Parent = n.Number+1, header.Hash()
	return block
}

// Batch posts blocks sealed one after another; it must be called before more are sealed.
func (n *Network) Batch(sequencer *Operator, first uint64, parent codec.Digest, blocks ...codec.PostedBlock) *rolluptypes.MsgSubmitBatch {
	batch := codec.Batch{Term: n.Term, FirstNumber: first, Parent: parent, Blocks: blocks}
	return &rolluptypes.MsgSubmitBatch{Submitter: sequencer.Account.String(), Batch: batch.Encode()}
}

// Submit seals one block and delivers it as a batch, which must succeed.
func (n *Network) Submit(sequencer *Operator, lanes []*Lane, runs ...Run) codec.PostedBlock {
	n.TB.Helper()
	first, parent := n.Number, n.Parent
	block := n.Seal(sequencer, lanes, runs...)
	n.MustDeliver(sequencer.Account, n.Batch(sequencer, first, parent, block))
	return block
}

// Force is the message that brings a run in past the sequencer.
func (n *Network) Force(submitter testutil.Account, lanes []*Lane, run Run) *rolluptypes.MsgForceInclude {
	forced := codec.ForcedRun{PostedBody: n.body(lanes, true, []Run{run})}
	return &rolluptypes.MsgForceInclude{Submitter: submitter.String(), Run: forced.Encode()}
}
