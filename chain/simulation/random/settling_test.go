package random_test

import (
	"slices"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// row answers a job; about one in four is spoilt in a field, and must be void. None is to be settled by this very height:
// simsx delivers messages after the block's end, at which an epoch that ends here is forgotten.
func (w *world) row(s situation, worker *scenario.Worker) codec.Row {
	r := s.rand()
	lane, _ := randomly(r, w.lanes[max(0, len(w.lanes)-15):])
	model, _ := randomly(r, w.models)
	w.made++
	row := scenario.Answer(codec.Job{
		Level: codec.LevelOptimistic, Worker: worker.Key.Public(), Lane: lane.ID, Nonce: uint32(r.Intn(300)), Model: model, Profile: 1,
		Items: uint32(1 + r.Intn(3)), UnitPrice: uint64(r.Intn(60)), Ceiling: 10_000, SettleBy: s.height() + 1 + uint64(r.Intn(9)),
		H: codec.Digest{byte(w.made), byte(w.made >> 8), byte(w.made >> 16)},
	})
	spoils := []func(){
		func() { row.SettleBy = s.height() - min(s.height(), 1+uint64(r.Intn(12))) }, func() { row.SettleBy += 30 }, func() { row.Profile++ },
		func() { row.Items = 0 }, func() { row.Units++ }, func() { row.Charge++ }, func() { row.Ceiling = row.Charge / 2 },
		func() { row.Ceiling = row.Charge }, func() { row.Nonce = 1_024 }, func() { row.Nonce = uint32(r.Intn(3)) },
		func() { row.UnitPrice = 1 << 40 }, func() { row.UnitPrice = 3_000; row.Charge = row.Units * row.UnitPrice },
	}
	if at := r.Intn(4 * len(spoils)); at < len(spoils) {
		spoils[at]()
	}
	return row
}

func (w *world) canWork() bool { return len(w.logs) > 0 && len(w.lanes) > 0 && len(w.models) > 0 }

// workerAt is the owner of a log, who goes on from where the chain has it.
func (w *world) workerAt(s situation, id logID) *scenario.Worker {
	worker := &scenario.Worker{
		Operator: &scenario.Operator{Key: w.signers[string(id.key[:])]}, Incarnation: id.incarnation,
		Head: codec.StartHead(testutil.ChainID, codec.LogID{Worker: id.key, Level: codec.LevelOptimistic, Incarnation: id.incarnation}),
	}
	stored, err := w.app.RollupKeeper.Logs.Get(s, collections.Join3(id.key[:], uint32(codec.LevelOptimistic)<<8, id.incarnation))
	if !isAbsent(err) {
		w.noError(err)
		worker.Count, worker.Head = stored.Count, codec.Digest(stored.Head)
	}
	return worker
}

// run lets a worker append rows to its log; now and then it shows what was settled before as well, and seldom it is
// another history.
func (w *world) run(s situation, id logID, worker *scenario.Worker) scenario.Run {
	var rows []codec.Row
	if s.oneIn(60) {
		worker.Head = codec.Digest{1}
	} else if before, isShown := w.shown[id]; isShown && before.Start+uint64(before.Count) == worker.Count && s.oneIn(4) {
		worker.Count, worker.Head, rows = before.Start, before.PreviousHead, slices.Clone(before.Rows)
	}
	for range 1 + s.rand().Intn(4) {
		rows = append(rows, w.row(s, worker))
	}
	return worker.Run(rows...)
}

// batchOf is a valid batch of the term's sequencer: what is decided of its rows is the chain's.
func (w *world) batchOf(s situation) (from simsx.SimAccount, batch codec.Batch, found bool) {
	term, err := w.app.RollupKeeper.Term.Get(s)
	if isAbsent(err) || !w.canWork() {
		return from, batch, false
	}
	w.noError(err)
	sealer := w.sealer(s, term)
	sequencer := &scenario.Operator{Key: w.signers[string(term.Key)]}
	batch = codec.Batch{Term: term.Term, FirstNumber: sealer.Number, Parent: sealer.Parent}
	books := map[logID]*scenario.Worker{}
	for range 1 + s.rand().Intn(3) {
		runs := w.runs(s, books)
		if s.oneIn(3) {
			batch.Blocks = append(batch.Blocks, sealer.SealEach(sequencer, slices.Clone(w.lanes), runs...))
		} else {
			batch.Blocks = append(batch.Blocks, sealer.Seal(sequencer, slices.Clone(w.lanes), runs...))
		}
	}
	return s.GetAccount(s.reporter, term.Operator), batch, true
}

func (w *world) sealer(s situation, term rolluptypes.Term) *scenario.Network {
	network := &scenario.Network{Chain: &testutil.Chain{TB: w.tb, App: w.app}, Term: term.Term, Number: term.AcceptedNumber + 1, ReferenceHeight: s.height()}
	if len(term.AcceptedHash) > 0 {
		network.Parent = codec.Digest(term.AcceptedHash)
	}
	return network
}

// newestLogs are the ones mostly in use: keys are rotated and logs begun anew.
func (w *world) newestLogs() []logID {
	return slices.Clone(w.logs[max(0, len(w.logs)-12):])
}

// runs of a few workers, each of another key.
func (w *world) runs(s situation, books map[logID]*scenario.Worker) []scenario.Run {
	order := w.newestLogs()
	s.rand().Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	seen, runs := map[codec.Digest]bool{}, []scenario.Run{}
	for _, id := range order[:1+s.rand().Intn(min(4, len(order)))] {
		if seen[id.key] {
			continue
		}
		seen[id.key] = true
		if books[id] == nil {
			books[id] = w.workerAt(s, id)
		}
		runs = append(runs, w.run(s, id, books[id]))
	}
	return runs
}

func (w *world) submitBatch(s situation) attempt[*rolluptypes.MsgSubmitBatch] {
	from, batch, found := w.batchOf(s)
	if !found {
		return noAttempt[*rolluptypes.MsgSubmitBatch]("no sequencer, worker, lane or model")
	}
	message := &rolluptypes.MsgSubmitBatch{Submitter: from.AddressBech32, Batch: batch.Encode()}
	return attempt[*rolluptypes.MsgSubmitBatch]{from: from, message: message, effect: func() {
		w.posted = message
		for i, block := range batch.Blocks {
			w.ledger.accept(s, blockID{false, batch.FirstNumber + uint64(i)}, batch.Term, block.PostedBody)
			w.remember(block.PostedBody)
		}
	}}
}

// remember keeps the last accepted run of each log, to be shown again.
func (w *world) remember(body codec.PostedBody) {
	at := 0
	for _, run := range body.Runs {
		w.shown[logID{run.Worker, run.Incarnation}] = scenario.Run{PostedRun: run, Rows: body.Rows[at : at+int(run.Count)]}
		at += int(run.Count)
	}
}

// resubmitBatch posts the last batch again, from anybody: a success without effect (T33).
func (w *world) resubmitBatch(s situation) attempt[*rolluptypes.MsgSubmitBatch] {
	if w.posted == nil {
		return noAttempt[*rolluptypes.MsgSubmitBatch]("no batch yet")
	}
	from := s.anybody()
	before := w.pendingNext(s)
	return attempt[*rolluptypes.MsgSubmitBatch]{
		from: from, message: &rolluptypes.MsgSubmitBatch{Submitter: from.AddressBech32, Batch: w.posted.Batch}, effect: func() {
			if after := w.pendingNext(s); after != before {
				w.tb.Fatalf("I4: a batch posted again was accepted again: %d blocks, then %d", before, after)
			}
		},
	}
}

func (w *world) pendingNext(s situation) uint64 {
	next, err := w.app.RollupKeeper.PendingNext.Peek(s)
	w.noError(err)
	return next
}

func (w *world) forcedRun(s situation) (body codec.PostedBody, found bool) {
	id, found := randomly(s.rand(), w.newestLogs())
	if !found || !w.canWork() {
		return body, false
	}
	worker := w.workerAt(s, id)
	sealer := w.sealer(s, rolluptypes.Term{})
	forced, err := codec.DecodeForcedRun(sealer.Force(testutil.Account{}, slices.Clone(w.lanes), w.run(s, id, worker)).Run)
	w.noError(err)
	return forced.PostedBody, true
}

func (w *world) forceInclude(s situation) attempt[*rolluptypes.MsgForceInclude] {
	body, found := w.forcedRun(s)
	if !found {
		return noAttempt[*rolluptypes.MsgForceInclude]("no worker, lane or model")
	}
	from, forced := s.anybody(), codec.ForcedRun{PostedBody: body}
	return attempt[*rolluptypes.MsgForceInclude]{
		from: from, message: &rolluptypes.MsgForceInclude{Submitter: from.AddressBech32, Run: forced.Encode()}, effect: func() {
			sequence, err := w.app.RollupKeeper.ForcedNext.Peek(s)
			w.noError(err)
			w.ledger.accept(s, blockID{true, sequence}, 0, body)
			w.remember(body)
		},
	}
}

func (w *world) newIncarnation(s situation) attempt[*rolluptypes.MsgNewIncarnation] {
	id, found := randomly(s.rand(), w.logs)
	if !found {
		return noAttempt[*rolluptypes.MsgNewIncarnation]("no worker")
	}
	operator, _ := w.ownerOf(s, id.key[:])
	stored, err := w.app.RollupKeeper.Incarnations.Get(s, id.key[:])
	if !isAbsent(err) {
		w.noError(err)
	}
	made := attempt[*rolluptypes.MsgNewIncarnation]{
		from:    s.GetAccount(s.reporter, operator.Operator),
		message: &rolluptypes.MsgNewIncarnation{Operator: operator.Operator, Worker: id.key[:]},
		effect: func() {
			opened, err := w.app.RollupKeeper.Incarnations.Get(s, id.key[:])
			w.noError(err)
			w.openLog(workerRole, id.key, opened.Current+1)
		},
	}
	if stored.NextOpens > s.height() {
		made.refused = rolluptypes.ErrIncarnation
	}
	return made
}

func (w *world) ownerOf(s situation, key []byte) (registrytypes.Operator, registrytypes.SigningKey) {
	signing, _, err := w.app.RegistryKeeper.GetSigningKey(s, key)
	w.noError(err)
	operator, _, err := w.app.RegistryKeeper.GetOperator(s, signing.OperatorId)
	w.noError(err)
	return operator, signing
}

// takeTerm is made when the term may be taken; takeTermEarly when not.
func (w *world) takeTerm(s situation) attempt[*rolluptypes.MsgTakeTerm] {
	made, isOpen := w.claim(s)
	if made.why == "" && !isOpen {
		return noAttempt[*rolluptypes.MsgTakeTerm]("term is not open")
	}
	return made
}

func (w *world) takeTermEarly(s situation) attempt[*rolluptypes.MsgTakeTerm] {
	made, isOpen := w.claim(s)
	if made.why == "" && isOpen {
		return noAttempt[*rolluptypes.MsgTakeTerm]("term is open")
	}
	made.refused = rolluptypes.ErrTakeover
	return made
}

func (w *world) claim(s situation) (made attempt[*rolluptypes.MsgTakeTerm], isOpen bool) {
	term, err := w.app.RollupKeeper.Term.Get(s)
	if isAbsent(err) {
		return noAttempt[*rolluptypes.MsgTakeTerm]("no term"), false
	}
	w.noError(err)
	from, found := s.accountWhere(func(account simtypes.Account) bool {
		operator, known := w.operatorOf(s, account.AddressBech32, sequencerRole)
		return known && operator.Status == active
	})
	if !found {
		return noAttempt[*rolluptypes.MsgTakeTerm]("no sequencer"), false
	}
	taker, _ := w.operatorOf(s, from.AddressBech32, sequencerRole)
	holder, _, err := w.app.RegistryKeeper.GetOperator(s, term.OperatorId)
	w.noError(err)
	isOpen = holder.Status != active && holder.Status != paused || w.isOverdue(s, term)
	if taker.Id == holder.Id {
		isOpen = string(taker.SigningKey) != string(term.Key)
	}
	return attempt[*rolluptypes.MsgTakeTerm]{from: from, message: &rolluptypes.MsgTakeTerm{
		Operator: from.AddressBech32, Term: term.Term + 1, AcceptedNumber: term.AcceptedNumber, AcceptedHash: term.AcceptedHash,
	}}, isOpen
}

func (w *world) isOverdue(s situation, term rolluptypes.Term) (isOverdue bool) {
	params, err := w.app.RollupKeeper.Params.Get(s)
	w.noError(err)
	w.noError(w.app.RollupKeeper.Unserved.Walk(s, nil, func(_ collections.Triple[[]byte, uint32, uint32], mark rolluptypes.Unserved) (bool, error) {
		isOverdue = s.height() >= max(mark.SinceHeight, term.StartedHeight)+params.TakeoverHeights
		return isOverdue, nil
	}))
	return isOverdue
}
