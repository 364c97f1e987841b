package random_test

import (
	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// bonds are the operators as they stood after the height before, and whom a proof was accepted against since.
type bonds struct {
	before map[uint64]registrytypes.Operator
	proved map[uint64]bool
	// since is when an operator asked for its bond.
	since map[uint64]uint64
}

func newBonds() bonds {
	return bonds{before: map[uint64]registrytypes.Operator{}, proved: map[uint64]bool{}, since: map[uint64]uint64{}}
}

// convict books a proof that the chain took: it may take no more than the bond, pays a reporter a quarter at most, and
// burns the rest (I16).
func (l *ledger) convict(before, after registrytypes.Operator, burnt math.Int) {
	l.convictions++
	l.bonds.proved[before.Id] = true
	slashed := amountOf(l, before.Bond).Sub(amountOf(l, after.Bond))
	reward := slashed.Sub(burnt)
	if after.Status != guilty || slashed.IsNegative() || reward.IsNegative() || reward.MulRaw(4).GT(slashed) {
		l.tb.Fatalf("I16: operator %d, %s: bond %s became %s, of which %s were burnt", before.Id, after.Status, before.Bond, after.Bond, burnt)
	}
}

func amountOf(l *ledger, text string) math.Int {
	value, ok := math.NewIntFromString(text)
	if !ok {
		l.tb.Fatalf("expected an amount, found %q", text)
	}
	return value
}

// checkBonds: a bond falls for a proof (I16), or wholly after the unbonding time and with nothing open (I17).
func (l *ledger) checkBonds(ctx sdk.Context, height uint64) {
	state, err := l.app.RegistryKeeper.ExportGenesis(ctx)
	l.noError(err)
	open := l.openOperators(ctx)
	for _, operator := range state.Operators {
		before, known := l.bonds.before[operator.Id]
		if known && amountOf(l, operator.Bond).LT(amountOf(l, before.Bond)) && !l.bonds.proved[operator.Id] {
			l.checkPaidBack(before, *operator, height, state.Params.UnbondingHeights, open[operator.Id])
		}
		if known && operator.Status == guilty && before.Status != guilty && !l.bonds.proved[operator.Id] {
			l.tb.Fatalf("I16: height %d: operator %d is convicted, and nobody proved anything", height, operator.Id)
		}
		if operator.UnbondingSince != 0 && l.bonds.since[operator.Id] == 0 {
			l.bonds.since[operator.Id] = height
		}
		l.bonds.before[operator.Id] = *operator
	}
	clear(l.bonds.proved)
}

func (l *ledger) checkPaidBack(before, after registrytypes.Operator, height, unbondingHeights uint64, isOpen bool) {
	since, asked := l.bonds.since[after.Id]
	if !asked || height < since+unbondingHeights || isOpen || after.Bond != "0" || after.Status != gone && after.Status != guilty {
		l.tb.Fatalf("I17: height %d: bond of operator %d, %s, fell from %s to %s; asked for at %d, unbonding takes %d, rows open: %v",
			height, after.Id, after.Status, before.Bond, after.Bond, since, unbondingHeights, isOpen)
	}
}

// openOperators are those with rows that are accepted and neither paid nor refunded.
func (l *ledger) openOperators(ctx sdk.Context) map[uint64]bool {
	progress, err := l.app.RollupKeeper.Progress.Get(ctx)
	if !isAbsent(err) {
		l.noError(err)
	}
	open, cursor := map[uint64]bool{}, int(progress.Cursor)
	l.noError(l.app.RollupKeeper.Pending.Walk(ctx, nil, func(_ uint64, block rolluptypes.PendingBlock) (bool, error) {
		for _, entry := range block.Entries[cursor:] {
			open[entry.OperatorId] = true
		}
		cursor = 0
		return false, nil
	}))
	return open
}
