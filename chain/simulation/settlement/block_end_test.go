package settlement_test

import (
	"slices"

	"github.com/lamina-network/lamina/chain/codec"
)

// endBlock does what the modules do at a block's end, in their order: rollup, escrow, registry.
func (m *model) endBlock() {
	m.finalize()
	m.payWithdrawals()
	m.payBack()
}

// finalize: docs/spec/settlement.md, *Finality*.
func (m *model) finalize() {
	entries, items := int(m.entries), int(m.entries)
	for entries > 0 && items > 0 && len(m.pending) > 0 {
		block := m.pending[0]
		if m.height < int64(block.record.AcceptedHeight)+m.window {
			return
		}
		if !block.begun {
			items -= 1 + block.runs + len(block.debts) + len(exceptions(block.rows))
			m.begin(block)
		}
		settled := min(entries, len(block.entries)-block.cursor)
		m.payEntries(block, block.entries[block.cursor:block.cursor+settled])
		block.cursor, entries = block.cursor+settled, entries-settled
		if block.cursor == len(block.entries) {
			m.close(block)
		}
	}
}

func (m *model) begin(block *pending) {
	block.begun, block.guilty = true, map[uint64]bool{}
	for worker, debt := range block.debts {
		m.operators[worker-1].debt += debt
	}
	for _, row := range block.rows {
		if m.keys[string(row.key[:])].convicted || m.operators[row.operator-1].status == convicted {
			block.guilty[row.operator] = true
		}
	}
}

func (m *model) payEntries(block *pending, entries []entry) {
	workers, toSequencer := map[uint64]int64{}, int64(0)
	for _, each := range entries {
		m.operators[each.operator-1].open -= each.charge
		if block.guilty[each.operator] {
			m.refund(each.lane, each.charge+each.signatures)
			block.refunded += each.charge + each.signatures
			continue
		}
		toSequencer += each.data + each.signatures
		m.protocol += each.protocol
		workers[each.operator] += each.workerIs
	}
	for id, share := range workers {
		worker := m.operators[id-1]
		collected := min(worker.debt, share)
		worker.debt -= collected
		toSequencer += collected
		m.wallets[worker.account] += share - collected
	}
	m.wallets[block.recipient] += toSequencer
}

func (m *model) refund(id uint64, amount int64) {
	if lane := m.lanes[id]; lane.closed {
		m.deposits[lane.payer] += amount
	} else {
		lane.balance += amount
	}
}

func (m *model) close(block *pending) {
	for i := range block.rows {
		if row := &block.rows[i]; row.outcome == codec.OutcomePaid && block.guilty[row.operator] {
			row.outcome, row.reason = codec.OutcomeRefunded, codec.RefundedWorkerConvicted
		}
	}
	record := block.record
	record.FinalHeight, record.Refunded = uint64(m.height), uint64(block.refunded)
	record.ExceptionsDigest = codec.ExceptionsDigest(exceptions(block.rows))
	m.final = append(m.final, record)
	m.pending = m.pending[1:]
}

func (m *model) payWithdrawals() {
	m.withdrawals = slices.DeleteFunc(m.withdrawals, func(each withdrawal) bool {
		if each.payable > m.height {
			return false
		}
		m.wallets[each.payer] += each.amount
		return true
	})
}

func (m *model) payBack() {
	for _, each := range m.operators {
		switch {
		case each.ends == 0 || each.ends > m.height:
		case each.open > 0:
			each.ends = m.height + unbondingRetry
		default:
			collected := min(each.debt, each.bond)
			each.debt -= collected
			m.protocol += collected
			m.wallets[each.account] += each.bond - collected
			each.bond, each.ends = 0, 0
			if each.status != convicted {
				each.status = gone
			}
		}
	}
}

// convict: slashed wholly, a quarter to the reporter, the rest burnt.
func (m *model) convict(key, reporter string) {
	judged := m.keys[key]
	judged.convicted = true
	guilty := m.operators[judged.operator-1]
	reward := guilty.bond * reporterBps / 10_000
	m.wallets[reporter] += reward
	m.burnt += guilty.bond - reward
	guilty.bond, guilty.status = 0, convicted
}
