package settlement_test

import (
	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
)

func startHead(id logID) codec.Digest {
	return codec.StartHead(testutil.ChainID, codec.LogID{Worker: id.key, Level: codec.LevelOptimistic, Incarnation: id.incarnation})
}

// accept settles the rows of a block or forced run: docs/spec/settlement.md, *Settling rows*.
func (m *model) accept(runs []codec.PostedRun, rows []codec.Row, individually bool, recipient string) *pending {
	block := &pending{runs: len(runs), debts: map[uint64]int64{}, recipient: recipient}
	at, debited := 0, int64(0)
	for _, run := range runs {
		debited += m.acceptRun(block, run, rows[at:at+int(run.Count)], individually)
		at += int(run.Count)
	}
	sortEntries(block.entries)
	block.record = codec.FinalRecord{
		RowsRoot: codec.RowsRoot(rows), Rows: uint32(len(rows)), Level: codec.LevelOptimistic,
		AcceptedHeight: uint64(m.height), Debited: uint64(debited),
	}
	return block
}

func (m *model) acceptRun(block *pending, run codec.PostedRun, rows []codec.Row, individually bool) int64 {
	id := logID{run.Worker, run.Incarnation}
	log, key := m.log(id), m.keys[string(run.Worker[:])]
	heads := []codec.Digest{run.PreviousHead}
	for i := range rows {
		heads = append(heads, codec.NextHead(heads[i], merkle.HashLeaf(rows[i].Encode())))
	}
	end := run.Start + uint64(run.Count)
	isForked := end > log.count && heads[log.count-run.Start] != log.head
	debited := int64(0)
	for i := range rows {
		result := rowEnd{operator: key.operator, key: run.Worker}
		switch {
		case run.Start+uint64(i) < log.count:
			result.outcome, result.reason = codec.OutcomeSkipped, codec.SkippedAlreadySettled
		case isForked:
			result.outcome, result.reason = codec.OutcomeVoid, codec.VoidForkedLog
		default:
			result.outcome, result.reason = codec.OutcomeVoid, m.voidReason(&rows[i], key, individually)
		}
		if result.outcome == codec.OutcomeVoid && result.reason == 0 {
			result.outcome = codec.OutcomePaid
			if individually {
				result.reason = codec.PaidIndividuallySigned
			}
			debited += m.payInto(block, &rows[i], key.operator, individually)
		} else if result.outcome == codec.OutcomeVoid {
			block.debts[key.operator] += m.dataFee
		}
		block.rows = append(block.rows, result)
	}
	if end > log.count {
		moved := &resultLog{count: end, head: heads[len(rows)]}
		if isForked {
			moved.head = codec.Digest{}
		}
		m.logs[id] = moved
	}
	return debited
}

// voidReason is the first that holds, 0 when the row is payable.
func (m *model) voidReason(row *codec.Row, key *signingKey, individually bool) codec.Reason {
	worker, cover := m.operators[key.operator-1], m.lanes[row.Lane]
	settleBy, charge := int64(row.SettleBy), int64(row.Charge)
	debit := charge
	if individually {
		debit += m.signatureFee
	}
	switch {
	case settleBy < m.height:
		return codec.VoidExpired
	case settleBy > m.height+horizon:
		return codec.VoidSettleByTooFar
	case row.Incarnation != key.incarnation(m.height):
		return codec.VoidIncarnationClosed
	case worker.status == jailed || worker.status == convicted || key.convicted:
		return codec.VoidWorkerJailed
	case key.retired != 0 && m.height >= key.retired:
		return codec.VoidKeyRetired
	case worker.status == gone || worker.status == unbonding && m.height > worker.since+horizon:
		return codec.VoidWorkerUnbonding
	case row.Profile != 1:
		return codec.VoidUnknownProfile
	case row.Items == 0 || row.Items > 65_535:
		return codec.VoidWrongItems
	case row.Units != uint64(row.Items)*scenario.UnitsPerItem:
		return codec.VoidWrongUnits
	case row.Charge != row.Units*row.UnitPrice:
		return codec.VoidWrongCharge
	case debit > int64(row.Ceiling):
		return codec.VoidOverCeiling
	case row.Nonce >= noncesPerEpoch:
		return codec.VoidNonceOutOfRange
	case m.nonces[nonceOf(row)]:
		return codec.VoidNonceUsed
	case settleBy > cover.end || cover.closed:
		if cover.revoked {
			return codec.VoidLaneRevoked
		}
		return codec.VoidLaneExpired
	case cover.level != uint32(row.Level) || cover.model != codec.Digest{} && cover.model != row.Model:
		return codec.VoidLaneDisallows
	case cover.balance < debit:
		return codec.VoidLaneExhausted
	case charge > max(0, worker.bond*m.exposureBps/10_000-worker.open):
		return codec.VoidOverExposure
	}
	return 0
}

func nonceOf(row *codec.Row) [3]uint64 {
	return [3]uint64{row.Lane, row.SettleBy / epochHeights, uint64(row.Nonce)}
}

// payInto moves a payable row's debit into the pot and notes who is to have it.
func (m *model) payInto(block *pending, row *codec.Row, worker uint64, individually bool) int64 {
	m.nonces[nonceOf(row)] = true
	charge := int64(row.Charge)
	share := entry{operator: worker, lane: row.Lane, charge: charge, data: min(m.dataFee, charge)}
	share.protocol = (charge - share.data) * m.protocolBps / 10_000
	share.workerIs = charge - share.data - share.protocol
	if individually {
		share.signatures = m.signatureFee
	}
	debit := charge + share.signatures
	m.lanes[row.Lane].balance -= debit
	m.operators[worker-1].open += charge
	for i := range block.entries {
		into := &block.entries[i]
		if into.operator == worker && into.lane == row.Lane {
			into.charge, into.data, into.signatures = into.charge+charge, into.data+share.data, into.signatures+share.signatures
			into.protocol, into.workerIs = into.protocol+share.protocol, into.workerIs+share.workerIs
			return debit
		}
	}
	block.entries = append(block.entries, share)
	return debit
}
