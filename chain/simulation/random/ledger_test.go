package random_test

import (
	"testing"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/testutil"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// ledger is kept beside the chain, from the messages it took and the events it told of. It holds the chain to what state
// alone cannot show: that nothing is paid twice (I4), each payment is accounted for (I5), what is final stays so (I10),
// bonds fall for a proof only (I16) and leave when nothing needs them (I17), and a block's end stays within its bounds (I23).
type ledger struct {
	tb  testing.TB
	app *app.App

	settled map[place]bool
	jobs    map[codec.Digest]bool
	nonces  map[nonce]bool
	open    map[blockID]*openBlock
	// closed are the final blocks: kind and number, never twice.
	closed map[blockID]bool
	final  merkle.Log
	supply math.Int
	bonds  bonds
	// paid counts rows that were paid, so that a test knows that something has happened.
	paid, void, skipped, convictions int
}

// place is where a row stands in its worker's log.
type place struct {
	log   logID
	index uint64
}

type nonce struct {
	lane, epoch uint64
	index       uint32
}

// blockID names a block of a term, whose numbers go on from term to term, or a forced run.
type blockID struct {
	isForced bool
	number   uint64
}

type openBlock struct {
	term, acceptedHeight uint64
	rows                 uint32
	debited, paidOut     math.Int
}

func newLedger(tb testing.TB, a *app.App) *ledger {
	return &ledger{
		tb: tb, app: a, settled: map[place]bool{}, jobs: map[codec.Digest]bool{}, nonces: map[nonce]bool{},
		open: map[blockID]*openBlock{}, closed: map[blockID]bool{}, bonds: newBonds(),
	}
}

func (l *ledger) noError(err error) {
	l.tb.Helper()
	if err != nil {
		l.tb.Fatal(err)
	}
}

// accept books a block that the chain has just taken.
func (l *ledger) accept(ctx situation, id blockID, term uint64, body codec.PostedBody) {
	kind := uint32(rolluptypes.KindBlock)
	if id.isForced {
		kind = rolluptypes.KindForced
	}
	index, err := l.app.RollupKeeper.PendingIndex.Get(ctx, collections.Join3(kind, term, id.number))
	l.noError(err)
	pending, err := l.app.RollupKeeper.Pending.Get(ctx, index)
	l.noError(err)
	params, err := l.app.RollupKeeper.Params.Get(ctx)
	l.noError(err)
	layout, err := l.app.EscrowKeeper.Layout(ctx)
	l.noError(err)
	individual := map[uint64]bool{}
	for _, authorisation := range body.Authorisations {
		individual[authorisation.Lane] = authorisation.Each != nil
	}
	debited := math.ZeroInt()
	outcomes := outcomesOf(len(body.Rows), pending.Exceptions)
	for i, row := range rowsInPlace(body) {
		debit := row.Charge
		if individual[row.Lane] {
			debit += params.SignatureFee
		}
		if l.book(row, outcomes[i], debit, layout.EpochHeights) {
			debited = debited.Add(math.NewIntFromUint64(debit))
		}
	}
	if found := math.NewIntFromUint64(pending.Debited); !debited.Equal(found) {
		l.tb.Fatalf("I5: block %v: expected its paid rows to be debited with %s, found %s", id, debited, found)
	}
	l.open[id] = &openBlock{term, ctx.height(), uint32(len(body.Rows)), debited, math.ZeroInt()}
}

// rowsInPlace gives each row its place in its worker's log.
func rowsInPlace(body codec.PostedBody) []codec.Row {
	rows := make([]codec.Row, 0, len(body.Rows))
	for _, run := range body.Runs {
		for offset := range run.Count {
			row := body.Rows[len(rows)]
			row.Worker, row.Incarnation, row.Index = run.Worker, run.Incarnation, run.Start+uint64(offset)
			rows = append(rows, row)
		}
	}
	return rows
}

func outcomesOf(rows int, exceptions []*rolluptypes.ExceptionRun) []codec.Outcome {
	outcomes := make([]codec.Outcome, rows)
	for i := range outcomes {
		outcomes[i] = codec.OutcomePaid
	}
	for _, run := range exceptions {
		for i := range run.Count {
			outcomes[run.First+i] = codec.Outcome(run.Outcome)
		}
	}
	return outcomes
}

// book tells whether a row is paid.
func (l *ledger) book(row codec.Row, outcome codec.Outcome, debit, epochHeights uint64) (isPaid bool) {
	at := place{logID{row.Worker, row.Incarnation}, row.Index}
	if isSkipped := outcome == codec.OutcomeSkipped; isSkipped != l.settled[at] {
		l.tb.Fatalf("I4: row %v: settled before: %v, skipped now: %v", at, l.settled[at], isSkipped)
	}
	l.settled[at] = true
	switch outcome {
	case codec.OutcomeSkipped:
		l.skipped++
	case codec.OutcomeVoid:
		l.void++
	case codec.OutcomePaid:
		l.paid++
		job, used := row.JobID(testutil.ChainID), nonce{row.Lane, row.SettleBy / epochHeights, row.Nonce}
		if l.jobs[job] || l.nonces[used] {
			l.tb.Fatalf("I4: row %v: job %x, nonce %v was paid before", at, job, used)
		}
		if debit > row.Ceiling {
			l.tb.Fatalf("I7: row %v: expected a debit of at most %d, found %d", at, row.Ceiling, debit)
		}
		l.jobs[job], l.nonces[used] = true, true
		return true
	default:
		l.tb.Fatalf("row %v: expected paid, void or skipped, found outcome %d", at, outcome)
	}
	return false
}

// checkBlock holds the state after a height against the books.
func (l *ledger) checkBlock(ctx sdk.Context, height uint64) {
	raw, err := l.app.RollupKeeper.FinalLog.Get(ctx)
	if !isAbsent(err) {
		l.noError(err)
		if string(raw) != string(l.final.Encode()) {
			l.tb.Fatalf("I10: height %d: the final log is not what %d final records make", height, l.final.Size)
		}
	} else if l.final.Size > 0 {
		l.tb.Fatalf("I10: height %d: the final log of %d records is gone", height, l.final.Size)
	}
	supply := l.app.BankKeeper.GetSupply(ctx, identity.Denom).Amount
	if !l.supply.IsNil() && supply.GT(l.supply) {
		l.tb.Fatalf("I1: height %d: nothing mints, but the supply grew from %s to %s", height, l.supply, supply)
	}
	l.supply = supply
	l.checkBonds(ctx, height)
}
