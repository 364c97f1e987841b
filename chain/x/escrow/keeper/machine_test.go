package keeper_test

import (
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// modelLane is what a simple model expects of one lane.
type modelLane struct {
	payer   string
	balance int64
	end     int64
	revoked bool
	closed  bool
}

type modelWithdrawal struct {
	payer  string
	amount int64
	due    int64
}

// moneyMachine drives a whole chain and a model of its escrow side by side.
type moneyMachine struct {
	*fixture
	accounts    []testutil.Account
	wallets     map[string]int64
	deposits    map[string]int64
	lanes       []*modelLane
	withdrawals []modelWithdrawal
	keys        int
}

const (
	machineHorizon = 12
	machineDelay   = 4
	machineGrace   = 5
)

func newMoneyMachine(t *testing.T) *moneyMachine {
	f := newFixture(t, testutil.WithModuleGenesis("escrow",
		`{"params":{"settle_by_horizon":"12","withdrawal_delay":"4","lane_grace":"5"},"layout":{"epoch_heights":"10"}}`))
	m := &moneyMachine{fixture: f, wallets: map[string]int64{}, deposits: map[string]int64{}}
	m.accounts = f.Accounts("alice", "bob")
	for _, account := range m.accounts {
		m.wallets[account.Name] = testutil.AccountBalance
	}
	return m
}

func (m *moneyMachine) account(t *rapid.T) testutil.Account {
	return rapid.SampledFrom(m.accounts).Draw(t, "account")
}

func (m *moneyMachine) amount(t *rapid.T) int64 { return rapid.Int64Range(0, 500).Draw(t, "amount") }

// lane draws one that exists, or one past the last.
func (m *moneyMachine) lane(t *rapid.T) (uint64, *modelLane) {
	id := rapid.IntRange(1, len(m.lanes)+1).Draw(t, "lane")
	if id > len(m.lanes) {
		return uint64(id), nil
	}
	return uint64(id), m.lanes[id-1]
}

func (m *moneyMachine) deliver(t *rapid.T, account testutil.Account, message sdk.Msg, allowed bool) bool {
	result := m.Deliver(account, message)
	if (result.Code == 0) != allowed {
		t.Fatalf("height %d: %T of %s: expected allowed = %v, found %s", m.Height(), message, account.Name, allowed, result.Log)
	}
	m.settle()
	return allowed
}

// settle pays in the model the withdrawals that the chain paid at the ends of the blocks since.
func (m *moneyMachine) settle() {
	m.withdrawals = slices.DeleteFunc(m.withdrawals, func(withdrawal modelWithdrawal) bool {
		if withdrawal.due > m.Height() {
			return false
		}
		m.wallets[withdrawal.payer] += withdrawal.amount
		return true
	})
}

func (m *moneyMachine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"deposit": func(t *rapid.T) {
			account, amount := m.account(t), m.amount(t)
			if m.deliver(t, account, depositOf(account, amount), amount > 0) {
				m.wallets[account.Name] -= amount
				m.deposits[account.Name] += amount
			}
		},
		"withdraw": func(t *rapid.T) {
			account, amount := m.account(t), m.amount(t)
			message := &types.MsgRequestWithdrawal{Payer: account.String(), Amount: strconv.FormatInt(amount, 10)}
			if m.deliver(t, account, message, amount > 0 && amount <= m.deposits[account.Name]) {
				m.deposits[account.Name] -= amount
				m.withdrawals = append(m.withdrawals, modelWithdrawal{account.Name, amount, m.Height() + machineDelay})
			}
		},
		"open": func(t *rapid.T) {
			account, amount := m.account(t), m.amount(t)
			life := rapid.Int64Range(0, 30).Draw(t, "life")
			m.keys++
			message := m.opening(account, "key "+strconv.Itoa(m.keys))
			message.Limit, message.EndHeight = strconv.FormatInt(amount, 10), uint64(m.Height()+1+life)
			if m.deliver(t, account, message, life > 0 && amount > 0 && amount <= m.deposits[account.Name]) {
				m.deposits[account.Name] -= amount
				m.lanes = append(m.lanes, &modelLane{payer: account.Name, balance: amount, end: int64(message.EndHeight)})
			}
		},
		"top up": func(t *rapid.T) {
			account, amount := m.account(t), m.amount(t)
			id, lane := m.lane(t)
			message := &types.MsgTopUpLane{Payer: account.String(), Lane: id, Amount: strconv.FormatInt(amount, 10)}
			allowed := lane != nil && !lane.closed && lane.payer == account.Name && lane.end >= m.Height()+1 &&
				amount > 0 && amount <= m.deposits[account.Name]
			if m.deliver(t, account, message, allowed) {
				m.deposits[account.Name] -= amount
				lane.balance += amount
			}
		},
		"revoke": func(t *rapid.T) {
			account := m.account(t)
			id, lane := m.lane(t)
			allowed := lane != nil && !lane.closed && lane.payer == account.Name
			if m.deliver(t, account, &types.MsgRevokeLane{Payer: account.String(), Lane: id}, allowed) && !lane.revoked {
				lane.revoked, lane.end = true, min(lane.end, m.Height()+machineHorizon)
			}
		},
		"close": func(t *rapid.T) {
			account := m.account(t)
			id, lane := m.lane(t)
			allowed := lane != nil && !lane.closed && (m.Height()+1 > lane.end+machineGrace || lane.payer == account.Name && m.Height()+1 > lane.end)
			if m.deliver(t, account, &types.MsgCloseLane{Sender: account.String(), Lane: id}, allowed) {
				m.deposits[lane.payer] += lane.balance
				lane.closed, lane.balance = true, 0
			}
		},
		"wait": func(t *rapid.T) {
			m.Advance(rapid.IntRange(1, 8).Draw(t, "blocks"))
			m.settle()
		},
		"": m.check,
	}
}

// check compares chain and model; invariants were checked after each block.
func (m *moneyMachine) check(t *rapid.T) {
	held := int64(0)
	for _, account := range m.accounts {
		found := m.free(account)
		if found.Balance != strconv.FormatInt(m.deposits[account.Name], 10) || m.Balance(account.Address).Int64() != m.wallets[account.Name] {
			t.Fatalf("height %d: expected %s to have %d free and %d outside, found %s and %s",
				m.Height(), account.Name, m.deposits[account.Name], m.wallets[account.Name], found.Balance, m.Balance(account.Address))
		}
		held += m.deposits[account.Name]
	}
	for index, expected := range m.lanes {
		found := m.fixture.lane(uint64(index + 1))
		if found.Balance != strconv.FormatInt(expected.balance, 10) || found.EndHeight != uint64(expected.end) ||
			found.Revoked != expected.revoked || found.Closed != expected.closed {
			t.Fatalf("height %d: expected lane %d to be %+v, found %+v", m.Height(), index+1, *expected, found)
		}
		held += expected.balance
	}
	for _, withdrawal := range m.withdrawals {
		held += withdrawal.amount
	}
	if found := m.ModuleBalance(types.ModuleName).Int64(); found != held {
		t.Fatalf("height %d: expected the module to hold %d, found %d", m.Height(), held, found)
	}
}

// However payers deposit, withdraw, open, top up, revoke and close, coins are where a simple model has them (I2).
func TestMoneyFollowsASimpleModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rt.Repeat(newMoneyMachine(t).actions())
	})
}
