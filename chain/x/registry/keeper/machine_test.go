package keeper_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// modelOperator is what a simple model expects of one operator.
type modelOperator struct {
	id     uint64
	status types.OperatorStatus
	bond   int64
	ends   int64 // height at which the bond is paid back, 0 when it is not under way
	until  int64 // jailed until
	keys   int
}

// bondMachine drives a whole chain and a model of it side by side.
type bondMachine struct {
	*fixture
	accounts []testutil.Account
	model    map[string]*modelOperator
	balances map[string]int64
	nextID   uint64
	keys     int
}

const machineUnbonding = 17

func newBondMachine(t *testing.T) *bondMachine {
	f := newFixture(t,
		testutil.WithModuleGenesis("registry", `{"params":{"worker_bond_min":"10","unbonding_heights":"17","dispute_heights_max":"1","jail_heights":"3"}}`),
		testutil.WithModuleGenesis("escrow", `{"params":{"settle_by_horizon":"10"}}`),
		testutil.WithModuleGenesis("rollup", `{"params":{"challenge_window":"5"}}`))
	m := &bondMachine{fixture: f, model: map[string]*modelOperator{}, balances: map[string]int64{}, nextID: 1}
	m.accounts = f.Accounts("alice", "bob", "carol")
	for _, account := range m.accounts {
		m.balances[account.Name] = testutil.AccountBalance
	}
	return m
}

func (m *bondMachine) account(t *rapid.T) testutil.Account {
	return rapid.SampledFrom(m.accounts).Draw(t, "account")
}

// deliver sends a message and lets the model's clock pass the block it made.
func (m *bondMachine) deliver(t *rapid.T, account testutil.Account, message sdk.Msg, allowed bool) bool {
	result := m.Deliver(account, message)
	if (result.Code == 0) != allowed {
		t.Fatalf("height %d: %T of %s: expected allowed = %v, found %s", m.Height(), message, account.Name, allowed, result.Log)
	}
	return allowed
}

// finish pays back in the model what the chain paid at its block's end.
func (m *bondMachine) finish() {
	for name, operator := range m.model {
		if operator.ends != 0 && operator.ends <= m.Height() {
			m.balances[name] += operator.bond
			operator.bond, operator.ends = 0, 0
			if operator.status != convicted {
				operator.status = gone
			}
		}
	}
}

func (m *bondMachine) statusOf(name string) types.OperatorStatus {
	if operator := m.model[name]; operator != nil {
		return operator.status
	}
	return 0
}

func (m *bondMachine) isIn(name string, statuses ...types.OperatorStatus) bool {
	for _, status := range statuses {
		if m.statusOf(name) == status {
			return true
		}
	}
	return false
}

func (m *bondMachine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"register": func(t *rapid.T) {
			account, bond := m.account(t), rapid.Int64Range(9, 100_000).Draw(t, "bond")
			m.keys++
			message := m.registration(account, worker, "key "+strconv.Itoa(m.keys))
			message.Bond = strconv.FormatInt(bond, 10)
			if m.deliver(t, account, message, bond >= 10 && (m.statusOf(account.Name) == 0 || m.isIn(account.Name, gone))) {
				m.model[account.Name] = &modelOperator{id: m.nextID, status: active, bond: bond, keys: m.keys}
				m.balances[account.Name] -= bond
				m.nextID++
			}
			m.finish()
		},
		"add bond": func(t *rapid.T) {
			account, added := m.account(t), rapid.Int64Range(0, 1_000).Draw(t, "amount")
			message := &types.MsgAddBond{Operator: account.String(), Role: worker, Amount: strconv.FormatInt(added, 10)}
			if m.deliver(t, account, message, added > 0 && m.isIn(account.Name, active, paused, jailed)) {
				m.model[account.Name].bond += added
				m.balances[account.Name] -= added
			}
			m.finish()
		},
		"pause": func(t *rapid.T) {
			account, pause := m.account(t), rapid.Bool().Draw(t, "pause")
			from, to := paused, active
			if pause {
				from, to = active, paused
			}
			message := &types.MsgSetPaused{Operator: account.String(), Role: worker, Paused: pause}
			if m.deliver(t, account, message, m.isIn(account.Name, from)) {
				m.model[account.Name].status = to
			}
			m.finish()
		},
		"unbond": func(t *rapid.T) {
			account := m.account(t)
			operator := m.model[account.Name]
			allowed := m.isIn(account.Name, active, paused, jailed)
			if m.deliver(t, account, &types.MsgUnbond{Operator: account.String(), Role: worker}, allowed) {
				operator.status, operator.ends = unbonding, m.Height()+machineUnbonding
			}
			m.finish()
		},
		"jail": func(t *rapid.T) {
			account := m.account(t)
			operator := m.model[account.Name]
			if operator == nil {
				t.Skip("nobody to jail")
			}
			err := m.ExecuteAsAuthority(&types.MsgJail{Authority: m.Authority(), OperatorId: operator.id})
			if allowed := m.isIn(account.Name, active, paused); (err == nil) != allowed {
				t.Fatalf("jail %s: expected allowed = %v, found %v", account.Name, allowed, err)
			} else if allowed {
				operator.status, operator.until = jailed, m.Height()+3
			}
			m.finish()
		},
		"unjail": func(t *rapid.T) {
			account := m.account(t)
			operator := m.model[account.Name]
			allowed := m.isIn(account.Name, jailed) && m.Height()+1 >= operator.until
			if m.deliver(t, account, &types.MsgUnjail{Operator: account.String(), Role: worker}, allowed) {
				operator.status = active
			}
			m.finish()
		},
		"rotate": func(t *rapid.T) {
			account := m.account(t)
			m.keys++
			message := m.rotation(account, worker, "key "+strconv.Itoa(m.keys))
			if m.deliver(t, account, message, m.isIn(account.Name, active, paused, jailed)) {
				m.model[account.Name].keys = m.keys
			}
			m.finish()
		},
		"wait": func(t *rapid.T) {
			m.Advance(rapid.IntRange(1, 6).Draw(t, "blocks"))
			m.finish()
		},
		"": m.check,
	}
}

// check compares chain and model; invariants were checked after each block.
func (m *bondMachine) check(t *rapid.T) {
	held := int64(0)
	for _, account := range m.accounts {
		if found := m.Balance(account.Address).Int64(); found != m.balances[account.Name] {
			t.Fatalf("height %d: expected %s to hold %d, found %d", m.Height(), account.Name, m.balances[account.Name], found)
		}
		expected := m.model[account.Name]
		if expected == nil {
			continue
		}
		held += expected.bond
		found := m.operator(expected.id)
		public := scenario.NewKey("key " + strconv.Itoa(expected.keys)).Public()
		if found.Status != expected.status || found.Bond != strconv.FormatInt(expected.bond, 10) || string(found.SigningKey) != string(public[:]) {
			t.Fatalf("height %d: expected %+v of %s, found %+v", m.Height(), expected, account.Name, found)
		}
	}
	if found := m.ModuleBalance(types.ModuleName).Int64(); found != held {
		t.Fatalf("height %d: expected the module to hold %d, found %d", m.Height(), held, found)
	}
}

// However operators come, go, are jailed and rotate, bonds are conserved and statuses are those of a simple model (I3).
func TestBondsFollowASimpleModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		machine := newBondMachine(t)
		rt.Repeat(machine.actions())
	})
	require.False(t, t.Failed())
}
