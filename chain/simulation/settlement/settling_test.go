package settlement_test

import (
	"bytes"
	"slices"

	"pgregory.net/rapid"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

func logKey(id logID) collections.Triple[[]byte, uint32, uint32] {
	return collections.Join3(id.key[:], uint32(codec.LevelOptimistic)<<8, id.incarnation)
}

// work lets a worker answer jobs, some of which cannot be paid, and sign the head after them.
func (m *machine) work(t *rapid.T) {
	if len(m.bookIDs) == 0 {
		t.Skip("no worker yet")
	}
	// The newest logs are the ones in use.
	id := m.bookIDs[len(m.bookIDs)-1-rapid.IntRange(0, len(m.bookIDs)-1).Draw(t, "log")]
	into := m.books[id]
	var rows []codec.Row
	for range rapid.IntRange(1, 3).Draw(t, "rows") {
		rows = append(rows, m.row(t, into.Worker))
	}
	into.segments = append(into.segments, into.Run(rows...))
}

// settleAll is what happens most: workers work, the sequencer seals and submits.
func (m *machine) settleAll(t *rapid.T) {
	m.work(t)
	m.work(t)
	if m.seal(t); len(m.sealed) > 0 {
		m.submit(t)
	}
}

// row answers a job, one time in two spoilt in one field.
func (m *machine) row(t *rapid.T, worker *scenario.Worker) codec.Row {
	m.made++
	row := scenario.Answer(codec.Job{
		Level: codec.LevelOptimistic, Worker: worker.Key.Public(), Lane: m.anyLane(t).ID, Nonce: uint32(m.made % noncesPerEpoch),
		Model: m.Model, Profile: 1, Items: 1, UnitPrice: uint64(rapid.IntRange(0, 400).Draw(t, "price")), Ceiling: 1_000_000,
		SettleBy: uint64(m.height) + horizon - uint64(rapid.IntRange(0, horizon-2).Draw(t, "settle sooner")), H: codec.Digest{byte(m.made), byte(m.made >> 8)},
	})
	switch rapid.IntRange(0, 39).Draw(t, "spoil") {
	case 28:
		row.SettleBy = uint64(m.height)
	case 29:
		row.SettleBy = uint64(m.height) + horizon + uint64(rapid.IntRange(1, 5).Draw(t, "further"))
	case 30:
		row.Profile = 2
	case 31:
		row.Items, row.Units, row.Charge = 0, 0, 0
	case 32:
		row.Units++
	case 33:
		row.Charge++
	case 34:
		row.Ceiling = row.Charge + uint64(rapid.IntRange(0, 1).Draw(t, "room")) // covers no signature fee
	case 35:
		row.Nonce = noncesPerEpoch + 1
	case 36, 37:
		row.Nonce = uint32(rapid.IntRange(0, 3).Draw(t, "nonce")) // soon used
	case 38:
		row.UnitPrice = 2_000
		row.Charge = row.Units * row.UnitPrice
	case 39:
		row.Items = 65_536
		row.Units = uint64(row.Items) * scenario.UnitsPerItem
		row.Charge = row.Units * row.UnitPrice
	}
	return row
}

// seal makes the sequencer's next block of what workers have signed since its last. It knows nothing of what will have
// happened when the block is submitted.
func (m *machine) seal(t *rapid.T) {
	if m.term.term == 0 {
		t.Skip("no term yet")
	}
	var runs []scenario.Run
	for _, id := range m.bookIDs {
		if slices.ContainsFunc(runs, func(run scenario.Run) bool { return run.Worker == id.key }) {
			continue // one run of a worker keeps the order of runs simple
		}
		book := m.books[id]
		left := book.segments[m.cursors[id]:]
		if len(left) == 0 {
			continue
		}
		count := len(left) - rapid.IntRange(0, len(left)).Draw(t, "segments left")
		if count == 0 {
			continue
		}
		joined := left[0]
		for _, segment := range left[1:count] {
			joined = scenario.Join(joined, segment)
		}
		runs, m.cursors[id] = append(runs, joined), m.cursors[id]+count
	}
	if len(runs) == 0 {
		t.Skip("nothing to seal")
	}
	m.ReferenceHeight = uint64(m.height)
	sequencer := &scenario.Operator{Account: m.accounts[m.operators[m.term.holder-1].account], Key: m.signers[m.term.key]}
	number, parent := m.Number, m.Parent
	sealed := sealedBlock{individual: rapid.Bool().Draw(t, "individually signed")}
	if sealed.individual {
		sealed.posted = m.SealEach(sequencer, m.spenders(), runs...)
	} else {
		sealed.posted = m.Seal(sequencer, m.spenders(), runs...)
	}
	sealed.header = sealed.posted.Header(testutil.ChainID, m.Term, number, parent)
	m.sealed = append(m.sealed, sealed)
}

func (m *machine) spenders() []*scenario.Lane {
	lanes := make([]*scenario.Lane, len(m.lanes))
	for id, each := range m.lanes {
		lanes[id-1] = each.Lane
	}
	return lanes
}

// submit posts sealed blocks. Whatever has happened since they were sealed, they are taken (T67).
func (m *machine) submit(t *rapid.T) {
	if len(m.sealed) == 0 {
		t.Skip("nothing sealed")
	}
	blocks := m.sealed[:rapid.IntRange(1, len(m.sealed)).Draw(t, "blocks")]
	posted := make([]codec.PostedBlock, len(blocks))
	for i := range blocks {
		posted[i] = blocks[i].posted
	}
	holder := m.operators[m.term.holder-1].account
	operator := &scenario.Operator{Account: m.accounts[holder]}
	message := m.Batch(operator, blocks[0].header.Number, blocks[0].header.Parent, posted...)
	stranger := pick(t, "submitter", m.names)
	if stranger != holder {
		foreign := *message
		foreign.Submitter = m.accounts[stranger].String()
		m.deliver(t, stranger, rolluptypes.ErrUnauthorized, nil, &foreign)
	}
	m.deliver(t, holder, nil, func() {
		for _, block := range blocks {
			m.acceptBlock(block, holder)
		}
	}, message)
	m.sealed, m.last = m.sealed[len(blocks):], message
}

func (m *machine) acceptBlock(block sealedBlock, holder string) {
	accepted := m.accept(block.posted.Runs, block.posted.Rows, block.individual, holder)
	accepted.record.Kind, accepted.record.Term, accepted.record.Number = 1, m.term.term, block.header.Number
	accepted.record.HeaderHash = block.header.Hash()
	m.pending = append(m.pending, accepted)
	m.term.number, m.term.hash = block.header.Number, block.header.Hash()
	for _, run := range block.posted.Runs {
		id := logID{run.Worker, run.Incarnation}
		if waiting := m.marks[id]; waiting != nil && run.Start+uint64(run.Count) >= waiting.count {
			delete(m.marks, id)
		}
	}
}

// resubmit posts the last batch again, from anybody: a success without effect (T33).
func (m *machine) resubmit(t *rapid.T) {
	if m.last == nil {
		t.Skip("no batch yet")
	}
	again := *m.last
	sender := pick(t, "sender", m.names)
	again.Submitter = m.accounts[sender].String()
	m.deliver(t, sender, nil, func() {}, &again)
}

// force brings segments in past the sequencer, from a place that may be settled already.
func (m *machine) force(t *rapid.T) {
	id := m.bookWithWork(t)
	book := m.books[id]
	from := rapid.IntRange(0, len(book.segments)-1).Draw(t, "from")
	run := book.segments[from]
	for _, next := range book.segments[from+1 : rapid.IntRange(from+1, len(book.segments)).Draw(t, "to")] {
		run = scenario.Join(run, next)
	}
	m.forceRun(t, id, run)
}

func (m *machine) bookWithWork(t *rapid.T) logID {
	var ids []logID
	for _, id := range m.bookIDs {
		if len(m.books[id].segments) > 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		t.Skip("no work yet")
	}
	return pick(t, "log", ids)
}

func (m *machine) forceRun(t *rapid.T, id logID, run scenario.Run) {
	submitter, count := pick(t, "submitter", m.names), m.log(id).count
	m.ReferenceHeight = uint64(m.height)
	message := m.Force(m.accounts[submitter], m.spenders(), run)
	end := run.Start + uint64(run.Count)
	m.deliver(t, submitter, unless(run.Start > count, rolluptypes.ErrLogGap, end <= count, rolluptypes.ErrNothingNew), func() {
		accepted := m.accept([]codec.PostedRun{run.PostedRun}, run.Rows, true, submitter)
		m.forced++
		header := codec.ForcedHeader{
			ChainID: testutil.ChainID, Sequence: m.forced, Level: codec.LevelOptimistic, AcceptedHeight: uint64(m.height),
			Rows: accepted.record.Rows, RowsRoot: accepted.record.RowsRoot,
		}
		for _, row := range run.Rows {
			header.Charges += row.Charge
		}
		accepted.record.Kind, accepted.record.Number, accepted.record.HeaderHash = 2, m.forced, header.Hash()
		m.pending = append(m.pending, accepted)
		if len(accepted.entries) > 0 {
			if m.marks[id] == nil {
				m.marks[id] = &mark{since: m.height}
			}
			m.marks[id].count = end
		}
	}, message)
}

// fork lets a worker sign another history from some point on, and force it in.
func (m *machine) fork(t *rapid.T) {
	seldom(t, 6)
	id := m.bookWithWork(t)
	book := m.books[id]
	at := book.segments[rapid.IntRange(0, len(book.segments)-1).Draw(t, "at")]
	liar := *book.Worker
	liar.Count, liar.Head = at.Start, at.PreviousHead
	var rows []codec.Row
	for range rapid.IntRange(1, 4).Draw(t, "rows") {
		rows = append(rows, m.row(t, &liar))
	}
	m.forceRun(t, id, liar.Run(rows...))
}

func (m *machine) newIncarnation(t *rapid.T) {
	if len(m.bookIDs) == 0 {
		t.Skip("no worker yet")
	}
	seldom(t, 4)
	public := pick(t, "log", m.bookIDs).key
	key := m.keys[string(public[:])]
	owner := m.operators[key.operator-1]
	m.deliver(t, owner.account, unless(key.opens > m.height+1, rolluptypes.ErrIncarnation), func() {
		key.current, key.opens = key.incarnation(m.height), m.height+m.delay
		m.openBook(owner, public, key.current+1)
	}, &rolluptypes.MsgNewIncarnation{Operator: m.accounts[owner.account].String(), Worker: public[:]})
}

// headFault: a worker signs two heads at one count, and anybody tells (I16).
func (m *machine) headFault(t *rapid.T) {
	if len(m.bookIDs) == 0 {
		t.Skip("no worker yet")
	}
	seldom(t, 8)
	id, reporter := pick(t, "log", m.bookIDs), pick(t, "reporter", m.names)
	log := codec.LogID{Worker: id.key, Level: codec.LevelOptimistic, Incarnation: id.incarnation}
	signed := func(head codec.Digest) *rolluptypes.HeadStatement {
		signature := m.signers[string(id.key[:])].Sign(codec.HeadStatement(testutil.ChainID, log, 5, head))
		return &rolluptypes.HeadStatement{Head: head[:], Signature: signature[:]}
	}
	m.deliver(t, reporter, unless(m.keys[string(id.key[:])].convicted, registrytypes.ErrAlreadyJudged), func() {
		m.convict(string(id.key[:]), reporter)
	}, &rolluptypes.MsgReportHeadFault{
		Reporter: m.accounts[reporter].String(), Worker: id.key[:], Level: uint32(codec.LevelOptimistic), Incarnation: id.incarnation, Count: 5,
		First: signed(codec.Digest{1}), Second: signed(codec.Digest{2}),
	})
}

// headerFault: the term's sequencer signs another header for a number that it has sealed or will.
func (m *machine) headerFault(t *rapid.T) {
	if m.term.term == 0 {
		t.Skip("no term yet")
	}
	seldom(t, 8)
	reporter := pick(t, "reporter", m.names)
	header := codec.Header{ChainID: testutil.ChainID, Term: m.term.term, Number: m.Number, Parent: m.Parent, Level: 1, Rows: 1, Runs: 1}
	other := header
	other.Rows = 2
	first, second := m.signers[m.term.key].Sign(header.Encode()), m.signers[m.term.key].Sign(other.Encode())
	m.deliver(t, reporter, unless(m.keys[m.term.key].convicted, registrytypes.ErrAlreadyJudged), func() {
		m.convict(m.term.key, reporter)
	}, &rolluptypes.MsgReportHeaderFault{
		Reporter: m.accounts[reporter].String(), SequencerKey: []byte(m.term.key),
		FirstHeader: header.Encode(), FirstSignature: first[:], SecondHeader: other.Encode(), SecondSignature: second[:],
	})
}

func (m *machine) takeTerm(t *rapid.T) {
	account := pick(t, "account", sequencerNames)
	taker := m.operatorOf(account, sequencerRole)
	if taker == nil || m.term.term == 0 {
		t.Skip("no sequencer there")
	}
	holder := m.operators[m.term.holder-1]
	isOut := holder.status != active && holder.status != paused
	isOverdue := false
	for _, waiting := range m.marks {
		isOverdue = isOverdue || m.height+1 >= max(waiting.since, m.term.started)+m.takeover
	}
	isSame := taker == holder
	started := m.height + 1
	if isSame {
		started = m.term.started
	}
	m.deliver(t, account, unless(
		taker.status != active, rolluptypes.ErrOperator,
		isSame && taker.key == m.term.key, rolluptypes.ErrTakeover,
		!isSame && !isOut && !isOverdue, rolluptypes.ErrTakeover,
	), func() {
		m.startTerm(taker, started)
	}, &rolluptypes.MsgTakeTerm{
		Operator: m.accounts[account].String(), Term: m.term.term + 1, AcceptedNumber: m.term.number, AcceptedHash: bytes.Clone(m.term.hash[:]),
	})
}

// startTerm: what the old term signed and did not submit is dead; the new one takes logs up where the chain has them.
func (m *machine) startTerm(taker *operator, started int64) {
	m.term.term, m.term.holder, m.term.key, m.term.started = m.term.term+1, taker.id, taker.key, started
	m.sealed, m.Term, m.Number, m.Parent = nil, m.term.term, m.term.number+1, m.term.hash
	for _, id := range m.bookIDs {
		count := m.log(id).count
		m.cursors[id] = 0
		for _, segment := range m.books[id].segments {
			if segment.Start+uint64(segment.Count) <= count {
				m.cursors[id]++
			}
		}
	}
}
