package keeper

import (
	"cmp"
	"slices"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// newSettlement reads what all rows of a block share.
func (k *Keeper) newSettlement(ctx sdk.Context, params types.Params, checked *checked) (*settlement, error) {
	escrowParams, err := k.escrow.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	layout, err := k.escrow.Layout(ctx)
	if err != nil {
		return nil, err
	}
	bounds, err := k.escrow.NonceBounds(ctx)
	if err != nil {
		return nil, err
	}
	return &settlement{
		height: uint64(ctx.BlockHeight()), params: params, escrow: escrowParams, layout: layout, checked: checked,
		nonces: &nonces{escrow: k.escrow, bounds: bounds},
	}, nil
}

// workerFacts reads an operator once a block; its room is what its bond covers less what is open.
func (k *Keeper) workerFacts(ctx sdk.Context, s *settlement, id uint64) (*workerFacts, error) {
	if facts, seen := s.workers.get(id); seen {
		return facts, nil
	}
	operator, known, err := k.registry.GetOperator(ctx, id)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, types.ErrInvariant.Wrapf("a signing key names operator %d, which is unknown", id)
	}
	bond, okBond := math.NewIntFromString(operator.Bond)
	open, okOpen := math.NewIntFromString(operator.OpenValue)
	if !okBond || !okOpen {
		return nil, types.ErrInvariant.Wrapf("operator %d: bond %q, open value %q", id, operator.Bond, operator.OpenValue)
	}
	room := bond.MulRaw(int64(s.params.ExposureBps)).QuoRaw(basisPoints).Sub(open)
	facts := workerFacts{operator: operator}
	if room.IsPositive() {
		facts.room = capped(room)
	}
	return s.workers.set(id, facts), nil
}

// balance gives a lane's balance as it runs down in this block.
func (s *settlement) balance(lane escrowtypes.Lane) (*uint64, error) {
	if balance, seen := s.balances.get(lane.Id); seen {
		return balance, nil
	}
	amount, ok := math.NewIntFromString(lane.Balance)
	if !ok || amount.IsNegative() {
		return nil, types.ErrInvariant.Wrapf("lane %d: expected a balance, found %q", lane.Id, lane.Balance)
	}
	return s.balances.set(lane.Id, capped(amount)), nil
}

// capped: genesis holds supply below 2^64, and should it ever not, a large amount must not reject a batch (T67).
func capped(amount math.Int) uint64 {
	if !amount.IsUint64() {
		return ^uint64(0)
	}
	return amount.Uint64()
}

// write books the block's sums: one debit a lane, one open value a worker, the nonces' chunks.
func (k *Keeper) write(ctx sdk.Context, s *settlement) error {
	if err := s.nonces.write(ctx); err != nil {
		return err
	}
	var lanes, workers lookups[uint64, math.Int]
	for _, entry := range s.entries.values {
		add(&lanes, entry.Lane, entry.Charge+entry.SignatureFees)
		add(&workers, entry.OperatorId, entry.Charge)
	}
	debits := make([]escrowtypes.LaneDebit, len(lanes.keys))
	for i, lane := range lanes.keys {
		debits[i] = escrowtypes.LaneDebit{Lane: lane, Amount: lanes.values[i]}
	}
	if err := k.escrow.DebitLanes(ctx, debits...); err != nil {
		return err
	}
	for i, operator := range workers.keys {
		if err := k.registry.AddOpenValue(ctx, operator, workers.values[i]); err != nil {
			return err
		}
	}
	return nil
}

func add(totals *lookups[uint64, math.Int], key, amount uint64) {
	if total, seen := totals.get(key); seen {
		*total = total.Add(math.NewIntFromUint64(amount))
		return
	}
	totals.set(key, math.NewIntFromUint64(amount))
}

// sortedEntries orders entries by operator, then lane: a worker's pay-outs of a block stand together.
func (s *settlement) sortedEntries() []*types.SettlementEntry {
	entries := make([]*types.SettlementEntry, len(s.entries.values))
	for i := range s.entries.values {
		entries[i] = &s.entries.values[i]
	}
	slices.SortFunc(entries, func(left, right *types.SettlementEntry) int {
		return cmp.Or(cmp.Compare(left.OperatorId, right.OperatorId), cmp.Compare(left.Lane, right.Lane))
	})
	return entries
}

func (s *settlement) sortedDebts() []*types.VoidDebt {
	debts := make([]*types.VoidDebt, len(s.debts.values))
	for i := range s.debts.values {
		debts[i] = &types.VoidDebt{OperatorId: s.debts.keys[i], Amount: s.debts.values[i]}
	}
	slices.SortFunc(debts, func(left, right *types.VoidDebt) int { return cmp.Compare(left.OperatorId, right.OperatorId) })
	return debts
}
