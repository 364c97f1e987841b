package keeper

import (
	"bytes"
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// settlement is the state against which a block's rows are decided, read once and written once a block, so that a row
// costs no store access of its own.
type settlement struct {
	height    uint64
	params    types.Params
	escrow    escrowtypes.Params
	layout    escrowtypes.Layout
	checked   *checked
	workers   lookups[uint64, workerFacts]
	nonces    *nonces
	balances  lookups[uint64, uint64] // lanes' balances as they run down
	entries   lookups[entryKey, types.SettlementEntry]
	debts     lookups[uint64, uint64]
	outcomes  outcomes
	ranges    []*types.RunRange
	debited   uint64
	settledAt uint32 // rows decided so far
}

type entryKey struct{ operator, lane uint64 }

// workerFacts is what of an operator decides its rows.
type workerFacts struct {
	operator registrytypes.Operator
	// room is how much more open value the bond covers, ulam.
	room uint64
}

// settleRun decides every row of a run and moves the log to its end. Source: docs/spec/settlement.md, Settling rows.
func (k *Keeper) settleRun(ctx sdk.Context, s *settlement, run *checkedRun) error {
	worker, err := k.workerFacts(ctx, s, run.key.OperatorId)
	if err != nil {
		return err
	}
	first, end := s.settledAt, run.Start+uint64(run.Count)
	s.ranges = append(s.ranges, &types.RunRange{OperatorId: run.key.OperatorId, First: first, Count: run.Count, Worker: run.Worker[:]})
	incarnation, err := k.incarnation(ctx, run.Worker[:], s.height)
	if err != nil {
		return err
	}
	forked := run.log.Count < end && !bytes.Equal(run.atCount[:], run.log.Head)
	for index := run.Start; index < end; index++ {
		row := &s.checked.body.Rows[s.settledAt]
		switch {
		case index < run.log.Count:
			s.outcomes.add(s.settledAt, codec.OutcomeSkipped, codec.SkippedAlreadySettled)
		case forked:
			s.void(run, codec.VoidForkedLog)
		default:
			if err := k.settleRow(ctx, s, run, worker, incarnation, row); err != nil {
				return err
			}
		}
		s.settledAt++
	}
	if end <= run.log.Count {
		return nil
	}
	return k.advanceLog(ctx, run, end, forked)
}

// forkedHead is the head of a log whose worker signed two histories: no run leads to it, so all that comes after is void.
var forkedHead merkle.Digest

// advanceLog moves a log to the run's end. A forked one moves too: blocks of it that an honest sequencer has signed
// already must not meet a gap (T67).
func (k *Keeper) advanceLog(ctx context.Context, run *checkedRun, end uint64, forked bool) error {
	log := run.log
	log.Count, log.Head = end, run.end[:]
	if forked {
		log.Head = forkedHead[:]
	}
	return k.Logs.Set(ctx, keyOfLog(run.id), log)
}

func (k *Keeper) settleRow(
	ctx sdk.Context, s *settlement, run *checkedRun, worker *workerFacts, incarnation uint32, row *codec.Row,
) error {
	individually := s.checked.signedOne[row.Lane]
	parts := split(s.params, row.Charge, individually)
	reason := s.voidReason(run, worker, incarnation, row, parts)
	if reason == 0 {
		used, err := s.nonces.used(ctx, row.Lane, row.SettleBy/s.layout.EpochHeights, row.Nonce)
		if err != nil {
			return err
		}
		if used {
			reason = codec.VoidNonceUsed
		} else if reason, err = k.laneReason(ctx, s, row, parts.debit()); err != nil {
			return err
		}
		if reason == 0 && parts.charge > worker.room {
			reason = codec.VoidOverExposure
		}
	}
	if reason != 0 {
		s.void(run, reason)
		return nil
	}
	return s.pay(run, worker, row, parts, individually)
}

// voidReason is the first reason that row, worker and model alone give; 0 for none.
func (s *settlement) voidReason(run *checkedRun, worker *workerFacts, incarnation uint32, row *codec.Row, parts shares) codec.Reason {
	status := worker.operator.Status
	model, _ := s.checked.models.get(row.Model)
	units, known := unitsPerItem(*model, row.Profile)
	expectedUnits, fits := product(uint64(row.Items), units)
	charge, chargeFits := product(row.Units, row.UnitPrice)
	debit, debitFits := sum(parts.charge, parts.signature)
	retired := run.key.RetiredHeight
	switch {
	case row.SettleBy < s.height:
		return codec.VoidExpired
	case row.SettleBy-s.height > s.escrow.SettleByHorizon:
		return codec.VoidSettleByTooFar
	case run.Incarnation != incarnation:
		return codec.VoidIncarnationClosed
	case status == registrytypes.OperatorStatus_OPERATOR_STATUS_JAILED, status == registrytypes.OperatorStatus_OPERATOR_STATUS_CONVICTED, run.key.Convicted:
		return codec.VoidWorkerJailed
	case retired != 0 && s.height >= retired:
		return codec.VoidKeyRetired
	case s.unbonding(worker.operator):
		return codec.VoidWorkerUnbonding
	case !known:
		return codec.VoidUnknownProfile
	case !slices.Contains(model.Levels, uint32(row.Level)):
		return codec.VoidModelDisallows
	case row.Items == 0 || row.Items > codec.ItemsMax:
		return codec.VoidWrongItems
	case !fits || row.Units != expectedUnits:
		return codec.VoidWrongUnits
	case !chargeFits || row.Charge != charge:
		return codec.VoidWrongCharge
	case !debitFits || debit > row.Ceiling:
		return codec.VoidOverCeiling
	case uint64(row.Nonce) >= s.layout.NoncesPerEpoch:
		return codec.VoidNonceOutOfRange
	}
	return 0
}

// unbonding says whether a worker's grace is over: what it signed before it left has settled or expired by then.
func (s *settlement) unbonding(operator registrytypes.Operator) bool {
	switch operator.Status {
	case registrytypes.OperatorStatus_OPERATOR_STATUS_GONE:
		return true
	case registrytypes.OperatorStatus_OPERATOR_STATUS_UNBONDING:
		return s.height > operator.UnbondingSince+s.escrow.SettleByHorizon
	default:
		return false
	}
}

func unitsPerItem(model registrytypes.Model, profile uint16) (uint64, bool) {
	for _, candidate := range model.Profiles {
		if candidate.Id == uint32(profile) {
			return candidate.UnitsPerItem, true
		}
	}
	return 0, false
}

// laneReason says why a lane does not cover a row; 0 when it does.
func (k *Keeper) laneReason(ctx sdk.Context, s *settlement, row *codec.Row, debit uint64) (codec.Reason, error) {
	facts, _ := s.checked.lanes.get(row.Lane)
	lane := facts.Lane
	balance, err := s.balance(lane)
	if err != nil {
		return 0, err
	}
	switch {
	case row.SettleBy > lane.EndHeight || lane.Closed:
		if lane.Revoked {
			return codec.VoidLaneRevoked, nil
		}
		return codec.VoidLaneExpired, nil
	case !laneAllows(lane, row):
		return codec.VoidLaneDisallows, nil
	case *balance < debit:
		return codec.VoidLaneExhausted, nil
	}
	return 0, nil
}

func laneAllows(lane escrowtypes.Lane, row *codec.Row) bool {
	if !slices.Contains(lane.Levels, uint32(row.Level)) {
		return false
	}
	return len(lane.Models) == 0 || slices.ContainsFunc(lane.Models, func(model []byte) bool {
		return bytes.Equal(model, row.Model[:])
	})
}

// void leaves a row unpaid; its worker owes the data fee.
func (s *settlement) void(run *checkedRun, reason codec.Reason) {
	s.outcomes.add(s.settledAt, codec.OutcomeVoid, reason)
	debt, ok := s.debts.get(run.key.OperatorId)
	if !ok {
		debt = s.debts.set(run.key.OperatorId, 0)
	}
	// data_fee ≤ 10^6 and rows ≤ 50,000: no overflow.
	*debt += s.params.DataFee
}

// pay books a row: nonce, lane, pot and the worker's open value.
func (s *settlement) pay(run *checkedRun, worker *workerFacts, row *codec.Row, parts shares, individually bool) error {
	s.nonces.use(row.Lane, row.SettleBy/s.layout.EpochHeights, row.Nonce)
	balance, _ := s.balances.get(row.Lane)
	*balance -= parts.debit()
	worker.room -= parts.charge
	key := entryKey{run.key.OperatorId, row.Lane}
	entry, ok := s.entries.get(key)
	if !ok {
		entry = s.entries.set(key, types.SettlementEntry{OperatorId: key.operator, Lane: key.lane})
	}
	// Each of these is at most what left lanes, whose balances together are below 2^64 (supply).
	entry.Charge += parts.charge
	entry.DataShare += parts.data
	entry.SignatureFees += parts.signature
	entry.ProtocolShare += parts.protocol
	entry.WorkerShare += parts.worker
	s.debited += parts.debit()
	if individually {
		s.outcomes.add(s.settledAt, codec.OutcomePaid, codec.PaidIndividuallySigned)
	}
	return nil
}
