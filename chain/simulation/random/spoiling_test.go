package random_test

import (
	"errors"
	"math/rand"
	"slices"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// spoil makes one wrong thing of a valid batch, with the error that must name it. The whole batch is refused.
type spoil struct {
	refused error
	apply   func(*rand.Rand, *codec.Batch)
}

var spoils = []spoil{
	{rolluptypes.ErrTerm, func(_ *rand.Rand, b *codec.Batch) { b.Term++ }},
	{rolluptypes.ErrParent, func(_ *rand.Rand, b *codec.Batch) { b.FirstNumber++ }},
	{rolluptypes.ErrParent, func(r *rand.Rand, b *codec.Batch) { flip(r, b.Parent[:]) }},
	{rolluptypes.ErrReferenceHeight, func(r *rand.Rand, b *codec.Batch) { anyBlock(r, b).ReferenceHeight++ }},
	{rolluptypes.ErrHeaderSignature, func(r *rand.Rand, b *codec.Batch) { flip(r, anyBlock(r, b).Signature[:]) }},
	{rolluptypes.ErrHeaderMismatch, func(r *rand.Rand, b *codec.Batch) { flip(r, anyBlock(r, b).RowsRoot[:]) }},
	{rolluptypes.ErrHeaderMismatch, func(r *rand.Rand, b *codec.Batch) { anyBlock(r, b).Charges++ }},
	{rolluptypes.ErrLogGap, func(r *rand.Rand, b *codec.Batch) { anyRun(r, &anyBlock(r, b).PostedBody).Start += 1_000 }},
	{rolluptypes.ErrHeadSignature, func(r *rand.Rand, b *codec.Batch) { flip(r, anyRun(r, &anyBlock(r, b).PostedBody).PreviousHead[:]) }},
	{rolluptypes.ErrHeadSignature, func(r *rand.Rand, b *codec.Batch) { flip(r, anyRun(r, &anyBlock(r, b).PostedBody).Signature[:]) }},
	{rolluptypes.ErrHeadSignature, func(r *rand.Rand, b *codec.Batch) {
		rows := anyBlock(r, b).Rows
		flip(r, rows[r.Intn(len(rows))].Output[:])
	}},
	{rolluptypes.ErrWorkerUnknown, func(r *rand.Rand, b *codec.Batch) { setWorker(&anyBlock(r, b).PostedBody, nobody) }},
	{rolluptypes.ErrSpenderSignature, func(r *rand.Rand, b *codec.Batch) { spoilAuthorisation(r, &anyBlock(r, b).PostedBody) }},
}

func flip(r *rand.Rand, bytes []byte) { bytes[r.Intn(len(bytes))] ^= 1 << r.Intn(8) }

func anyBlock(r *rand.Rand, b *codec.Batch) *codec.PostedBlock {
	return &b.Blocks[r.Intn(len(b.Blocks))]
}

func anyRun(r *rand.Rand, body *codec.PostedBody) *codec.PostedRun {
	return &body.Runs[r.Intn(len(body.Runs))]
}

// nobody is a key that sorts before those of all workers: runs stand in the order of their keys.
var nobody = codec.Digest{len(codec.Digest{}) - 1: 1}

func setWorker(body *codec.PostedBody, key codec.Digest) {
	body.Runs[0].Worker = key
	for i := range body.Runs[0].Count {
		body.Rows[i].Worker = key
	}
}

func spoilAuthorisation(r *rand.Rand, body *codec.PostedBody) {
	one := &body.Authorisations[r.Intn(len(body.Authorisations))]
	if one.Each == nil {
		flip(r, one.Root[:])
		return
	}
	flip(r, one.Each[r.Intn(len(one.Each))][:])
}

func (w *world) submitSpoiltBatch(s situation) attempt[*rolluptypes.MsgSubmitBatch] {
	from, batch, found := w.batchOf(s)
	if !found {
		return noAttempt[*rolluptypes.MsgSubmitBatch]("no sequencer, worker, lane or model")
	}
	message := &rolluptypes.MsgSubmitBatch{Submitter: from.AddressBech32, Batch: batch.Encode()}
	made := attempt[*rolluptypes.MsgSubmitBatch]{from: from, message: message}
	switch s.rand().Intn(6) {
	case 0:
		return w.strangersBatch(s, made)
	case 1:
		message.Batch = message.Batch[:s.rand().Intn(len(message.Batch))]
		made.refused = rolluptypes.ErrMalformed
	case 2:
		flip(s.rand(), message.Batch)
		made.refused = errAny
	default:
		one, _ := randomly(s.rand(), spoils)
		one.apply(s.rand(), &batch)
		message.Batch, made.refused = batch.Encode(), one.refused
	}
	return made
}

// strangersBatch is a valid batch that somebody else submits.
func (w *world) strangersBatch(s situation, made attempt[*rolluptypes.MsgSubmitBatch]) attempt[*rolluptypes.MsgSubmitBatch] {
	holder := made.message.Submitter
	for made.from.AddressBech32 == holder {
		made.from = s.anybody()
	}
	made.message.Submitter, made.refused = made.from.AddressBech32, rolluptypes.ErrUnauthorized
	return made
}

// errAny stands for whatever a flipped bit is refused with: it must not be accepted, no more is known.
var errAny = anyError{}

type anyError struct{}

func (anyError) Error() string { return "an error" }

// forceSpoilt spoils a forced run, or shows one that is settled already.
func (w *world) forceSpoilt(s situation) attempt[*rolluptypes.MsgForceInclude] {
	body, found := w.forcedRun(s)
	if !found {
		return noAttempt[*rolluptypes.MsgForceInclude]("no worker, lane or model")
	}
	from, r := s.anybody(), s.rand()
	var refused error
	switch r.Intn(6) {
	case 0:
		refused = rolluptypes.ErrReferenceHeight
		body.ReferenceHeight++
	case 1:
		refused = rolluptypes.ErrLogGap
		body.Runs[0].Start += 1_000
	case 2:
		refused = rolluptypes.ErrHeadSignature
		flip(r, body.Runs[0].Signature[:])
	case 3:
		refused = rolluptypes.ErrSpenderSignature
		spoilAuthorisation(r, &body)
	case 4:
		refused = rolluptypes.ErrWorkerUnknown
		setWorker(&body, nobody)
	default:
		return w.forceSettled(s, from)
	}
	forced := codec.ForcedRun{PostedBody: body}
	return attempt[*rolluptypes.MsgForceInclude]{
		from: from, refused: refused, message: &rolluptypes.MsgForceInclude{Submitter: from.AddressBech32, Run: forced.Encode()},
	}
}

func (w *world) forceSettled(s situation, from simsx.SimAccount) attempt[*rolluptypes.MsgForceInclude] {
	id, _ := randomly(s.rand(), w.logs)
	run, isShown := w.shown[id]
	if !isShown {
		return noAttempt[*rolluptypes.MsgForceInclude]("nothing settled")
	}
	sealer := w.sealer(s, rolluptypes.Term{})
	message := sealer.Force(testutil.Account{}, slices.Clone(w.lanes), run)
	message.Submitter = from.AddressBech32
	return attempt[*rolluptypes.MsgForceInclude]{from: from, message: message, refused: rolluptypes.ErrNothingNew}
}

func isRefused(err, refused error) bool {
	return err != nil && (errors.Is(err, refused) || refused == error(errAny))
}
