package settlement_test

import (
	"slices"

	"pgregory.net/rapid"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// check compares chain and model; invariants were checked when the block was made.
func (m *machine) check(t *rapid.T) {
	m.checkMoney(t)
	m.checkOperators(t)
	m.checkLanes(t)
	m.checkRollup(t)
}

func expect[T comparable](t *rapid.T, m *machine, what string, expected, found T) {
	if expected != found {
		t.Fatalf("height %d: %s: expected %v, found %v", m.height, what, expected, found)
	}
}

func (m *machine) checkMoney(t *rapid.T) {
	ctx := m.Context()
	for _, name := range m.names {
		expect(t, m, "wallet of "+name, m.wallets[name], m.Balance(m.accounts[name].Address).Int64())
		deposit, err := m.App.EscrowKeeper.GetDeposit(ctx, m.accounts[name].String())
		if err != nil {
			t.Fatal(err)
		}
		expect(t, m, "deposit of "+name, m.deposits[name], deposit.Int64())
	}
	fees := m.ModuleBalance(authtypes.FeeCollectorName).Add(m.ModuleBalance(distrtypes.ModuleName))
	expect(t, m, "the protocol's share", m.protocol, fees.Int64())
	expect(t, m, "supply", m.supply-m.burnt, m.App.BankKeeper.GetSupply(ctx, "ulam").Amount.Int64())
}

func (m *machine) checkOperators(t *rapid.T) {
	type facts struct{ status, key, bond, open, debt string }
	for _, expected := range m.operators {
		found, _, err := m.App.RegistryKeeper.GetOperator(m.Context(), expected.id)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, m, "operator of "+expected.account,
			facts{expected.status.String(), expected.key, decimal(expected.bond), decimal(expected.open), decimal(expected.debt)},
			facts{found.Status.String(), string(found.SigningKey), found.Bond, found.OpenValue, found.Debt})
	}
}

func (m *machine) checkLanes(t *rapid.T) {
	type facts struct {
		balance         string
		end             uint64
		revoked, closed bool
	}
	for id, expected := range m.lanes {
		found, _, err := m.App.EscrowKeeper.GetLane(m.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, m, "lane", facts{decimal(expected.balance), uint64(expected.end), expected.revoked, expected.closed},
			facts{found.Balance, found.EndHeight, found.Revoked, found.Closed})
	}
}

func (m *machine) checkRollup(t *rapid.T) {
	ctx, keeper := m.Context(), m.App.RollupKeeper
	var leaves merkle.Log
	for _, record := range m.final {
		leaves.Append(record.Encode())
	}
	raw, err := keeper.FinalLog.Get(ctx)
	if err != nil && leaves.Size > 0 {
		t.Fatal(err)
	}
	if leaves.Size > 0 {
		expect(t, m, "final log", string(leaves.Encode()), string(raw))
	}
	var found []rolluptypes.PendingBlock
	if err := keeper.Pending.Walk(ctx, nil, func(_ uint64, block rolluptypes.PendingBlock) (bool, error) {
		found = append(found, block)
		return false, nil
	}); err != nil {
		t.Fatal(err)
	}
	expect(t, m, "pending blocks", len(m.pending), len(found))
	for i, expected := range m.pending {
		m.checkPending(t, expected, found[i])
	}
	for id, expected := range m.logs {
		log, err := keeper.Logs.Get(ctx, logKey(id))
		if err != nil {
			t.Fatal(err)
		}
		expect(t, m, "log", *expected, resultLog{log.Count, codec.Digest(log.Head)})
	}
}

func (m *machine) checkPending(t *rapid.T, expected *pending, found rolluptypes.PendingBlock) {
	record := expected.record
	expect(t, m, "pending block", record, codec.FinalRecord{
		Kind: uint8(found.Kind), Term: found.Term, Number: found.Number, HeaderHash: codec.Digest(found.HeaderHash),
		RowsRoot: codec.Digest(found.RowsRoot), Rows: found.Rows, Level: uint8(found.Level), Param: uint8(found.Param),
		AcceptedHeight: found.AcceptedHeight, Debited: found.Debited,
	})
	var runs []codec.ExceptionRun
	for _, run := range found.Exceptions {
		runs = append(runs, codec.ExceptionRun{First: run.First, Count: run.Count, Outcome: codec.Outcome(run.Outcome), Reason: codec.Reason(run.Reason)})
	}
	if expectedRuns := exceptions(expected.rows); !slices.Equal(expectedRuns, runs) {
		t.Fatalf("height %d: outcomes of block %d: expected %v, found %v", m.height, found.Number, expectedRuns, runs)
	}
}
