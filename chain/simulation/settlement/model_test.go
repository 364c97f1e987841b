package settlement_test

import (
	"cmp"
	"slices"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

const (
	active    = registrytypes.OperatorStatus_OPERATOR_STATUS_ACTIVE
	paused    = registrytypes.OperatorStatus_OPERATOR_STATUS_PAUSED
	jailed    = registrytypes.OperatorStatus_OPERATOR_STATUS_JAILED
	unbonding = registrytypes.OperatorStatus_OPERATOR_STATUS_UNBONDING
	convicted = registrytypes.OperatorStatus_OPERATOR_STATUS_CONVICTED
	gone      = registrytypes.OperatorStatus_OPERATOR_STATUS_GONE

	workerRole    = registrytypes.OperatorRole_OPERATOR_ROLE_WORKER
	sequencerRole = registrytypes.OperatorRole_OPERATOR_ROLE_SEQUENCER
)

// Limits of the machine's chain, small enough for every edge to be met. They are written into its genesis.
const (
	horizon         = 60
	withdrawalDelay = 3
	laneGrace       = 3
	epochHeights    = 20
	noncesPerEpoch  = 1024
	bondMin         = 1_000
	unbondingTime   = 80
	jailTime        = 3
	unbondingRetry  = registrytypes.UnbondingRetryHeights
	reporterBps     = 2_500
)

// rules are the parameters that may change while the machine runs.
type rules struct {
	window, entries, dataFee, signatureFee, protocolBps, takeover, delay, exposureBps int64
}

type operator struct {
	id          uint64
	account     string
	role        registrytypes.OperatorRole
	key         string
	status      registrytypes.OperatorStatus
	bond        int64
	open, debt  int64
	since, ends int64 // of unbonding
	jailedUntil int64
}

type signingKey struct {
	operator            uint64
	registered, retired int64
	convicted           bool
	current             uint32 // incarnation
	opens               int64  // of the next one; 0 when none was asked for
}

type lane struct {
	*scenario.Lane
	payer           string
	balance         int64
	end, registered int64
	revoked, closed bool
	model           codec.Digest // zero: all
	level           uint32
}

type withdrawal struct {
	payer           string
	payable, amount int64
}

type logID struct {
	key         codec.Digest
	incarnation uint32
}

type resultLog struct {
	count uint64
	head  codec.Digest
}

type mark struct {
	count uint64
	since int64
}

type entry struct {
	operator, lane                               uint64
	charge, data, signatures, protocol, workerIs int64
}

type rowEnd struct {
	operator uint64
	key      codec.Digest
	outcome  codec.Outcome
	reason   codec.Reason
}

type pending struct {
	record    codec.FinalRecord // what is known at acceptance
	rows      []rowEnd
	runs      int
	entries   []entry
	debts     map[uint64]int64
	recipient string
	begun     bool
	cursor    int
	guilty    map[uint64]bool
	refunded  int64
}

type termState struct {
	term, number uint64
	holder       uint64
	key          string
	started      int64
	hash         codec.Digest
}

// model is what the specification says, in the plainest words: whole numbers, lists and maps, nothing cached.
type model struct {
	rules
	height      int64
	wallets     map[string]int64
	deposits    map[string]int64
	lanes       map[uint64]*lane
	withdrawals []withdrawal
	operators   []*operator // id − 1
	keys        map[string]*signingKey
	nonces      map[[3]uint64]bool
	logs        map[logID]*resultLog
	marks       map[logID]*mark
	pending     []*pending
	final       []codec.FinalRecord
	term        termState
	forced      uint64
	protocol    int64
	burnt       int64
}

func (m *model) operatorOf(account string, role registrytypes.OperatorRole) *operator {
	for _, each := range slices.Backward(m.operators) {
		if each.account == account && each.role == role {
			return each
		}
	}
	return nil
}

func (m *model) log(id logID) *resultLog {
	if found := m.logs[id]; found != nil {
		return found
	}
	return &resultLog{head: startHead(id)}
}

// incarnation is the one in which a key signs at the present height.
func (k *signingKey) incarnation(height int64) uint32 {
	if k.opens != 0 && height >= k.opens {
		return k.current + 1
	}
	return k.current
}

// exceptions lists rows that are not plainly paid, neighbours joined.
func exceptions(rows []rowEnd) []codec.ExceptionRun {
	var runs []codec.ExceptionRun
	for i, row := range rows {
		if row.outcome == codec.OutcomePaid && row.reason == 0 {
			continue
		}
		if last := len(runs) - 1; last >= 0 && runs[last].First+runs[last].Count == uint32(i) && runs[last].Outcome == row.outcome && runs[last].Reason == row.reason {
			runs[last].Count++
			continue
		}
		runs = append(runs, codec.ExceptionRun{First: uint32(i), Count: 1, Outcome: row.outcome, Reason: row.reason})
	}
	return runs
}

func sortEntries(entries []entry) {
	slices.SortFunc(entries, func(left, right entry) int {
		return cmp.Or(cmp.Compare(left.operator, right.operator), cmp.Compare(left.lane, right.lane))
	})
}
