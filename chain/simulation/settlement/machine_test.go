package settlement_test

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// machine drives a whole chain and a model of it side by side. Actors sign as the real ones do.
type machine struct {
	*scenario.Network
	*model
	names    []string
	accounts map[string]testutil.Account
	signers  map[string]scenario.Key     // by public key
	books    map[logID]*book             // what workers have signed
	sealed   []sealedBlock               // by the term's sequencer, not submitted
	last     *rolluptypes.MsgSubmitBatch // the last accepted batch
	cursors  map[logID]int               // segments of each log that stand in sealed blocks
	bookIDs  []logID
	made     int   // keys and references, each new
	supply   int64 // at the beginning
	// replayable is false once governance has acted, which the harness does outside of transactions.
	replayable bool
}

// book is a worker's own log with all it has signed, in order.
type book struct {
	*scenario.Worker
	segments []scenario.Run
}

type sealedBlock struct {
	posted     codec.PostedBlock
	header     codec.Header
	individual bool
}

var workerNames, sequencerNames, payerNames = []string{"worker a", "worker b", "worker c"}, []string{"sequencer a", "sequencer b"}, []string{"payer a", "payer b"}

func newMachine(t *testing.T) *machine {
	chain := testutil.New(t,
		testutil.WithModuleGenesis("rollup", `{"params":{"challenge_window":"4","finality_entries_per_block":3,"takeover_heights":"4","incarnation_delay":"3","batch_ids_kept":2}}`),
		testutil.WithModuleGenesis("escrow", fmt.Sprintf(`{"params":{"settle_by_horizon":"%d","withdrawal_delay":"%d","lane_grace":"%d"},"layout":{"epoch_heights":"%d","nonces_per_epoch":"%d"}}`,
			horizon, withdrawalDelay, laneGrace, epochHeights, noncesPerEpoch)),
		testutil.WithModuleGenesis("registry", fmt.Sprintf(`{"params":{"worker_bond_min":"%d","sequencer_bond_min":"%d","unbonding_heights":"%d","dispute_heights_max":"5","jail_heights":"%d"}}`,
			bondMin, bondMin, unbondingTime, jailTime)))
	m := &machine{
		replayable: true, Network: scenario.New(chain), accounts: map[string]testutil.Account{}, signers: map[string]scenario.Key{},
		books: map[logID]*book{}, cursors: map[logID]int{},
		model: &model{
			rules:   rules{window: 4, entries: 3, dataFee: 2, signatureFee: 2, protocolBps: 200, takeover: 4, delay: 3, exposureBps: 5_000},
			wallets: map[string]int64{}, deposits: map[string]int64{}, lanes: map[uint64]*lane{}, keys: map[string]*signingKey{},
			nonces: map[[3]uint64]bool{}, logs: map[logID]*resultLog{}, marks: map[logID]*mark{},
			term: termState{hash: codec.GenesisParent(testutil.ChainID)},
		},
	}
	m.names = append(append(append([]string{"anybody"}, workerNames...), sequencerNames...), payerNames...)
	for index, account := range m.Accounts(m.names...) {
		m.accounts[m.names[index]], m.wallets[m.names[index]] = account, testutil.AccountBalance
	}
	m.height, m.supply = m.Height(), m.App.BankKeeper.GetSupply(m.Context(), "ulam").Amount.Int64()
	return m
}

// deliver makes a block of one transaction. The chain must take it exactly when the model does, whose effect is then
// applied before the block's end.
func (m *machine) deliver(t *rapid.T, from string, expected error, effect func(), messages ...sdk.Msg) {
	m.height++
	result := m.Deliver(m.accounts[from], messages...)
	var code interface{ ABCICode() uint32 }
	if expected == nil && result.Code != 0 {
		t.Fatalf("height %d: %T of %s: expected success, found %s", m.height, messages[0], from, result.Log)
	}
	if registered, ok := expected.(interface{ ABCICode() uint32 }); ok {
		code = registered
	}
	if expected != nil && (code == nil || result.Code != code.ABCICode()) {
		t.Fatalf("height %d: %T of %s: expected %v, found code %d: %s", m.height, messages[0], from, expected, result.Code, result.Log)
	}
	if expected == nil {
		effect()
	}
	m.endBlock()
	m.check(t)
}

func (m *machine) wait(t *rapid.T) {
	for range rapid.IntRange(1, 4).Draw(t, "blocks") {
		m.height++
		m.Block()
		m.endBlock()
		m.check(t)
	}
}

// unless gives the first error whose condition holds.
func unless(conditions ...any) error {
	for i := 0; i < len(conditions); i += 2 {
		if refused, _ := conditions[i].(bool); refused {
			refusal, _ := conditions[i+1].(error)
			return refusal
		}
	}
	return nil
}

func (m *machine) newKey() scenario.Key {
	m.made++
	key := scenario.NewKey("machine " + strconv.Itoa(m.made))
	public := key.Public()
	m.signers[string(public[:])] = key
	return key
}

// possess is a key's word that an account may register it.
func (m *machine) possess(t *rapid.T, role codec.Role, key scenario.Key, account string) ([]byte, []byte, uint64) {
	public, expires := key.Public(), uint64(m.height)+50
	statement, err := codec.PossessStatement(testutil.ChainID, role, public[:], m.accounts[account].String(), expires)
	if err != nil {
		t.Fatal(err)
	}
	signature := key.Sign(statement)
	return public[:], signature[:], expires
}

func pick[T any](t *rapid.T, name string, from []T) T { return rapid.SampledFrom(from).Draw(t, name) }

// TestSettlementFollowsASimpleModel: whatever operators, payers and strangers do, in whatever order, the chain has the
// outcomes, the balances and the final records of a model that says the specification in plain words; all invariants
// hold after every block; an export starts a chain with the same state; a second node that replays the blocks has the
// same app hashes (I1–I5, I10, I16, I17, I21–I23).
func TestSettlementFollowsASimpleModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { runMachine(t, rt) })
}

// TestMain bounds the share of everyday runs; LAMINA_LONG asks for many more.
func TestMain(main *testing.M) {
	checks, steps := "30", "60"
	if os.Getenv("LAMINA_LONG") == "1" {
		checks, steps = "1500", "150"
	}
	for name, value := range map[string]string{"rapid.checks": checks, "rapid.steps": steps} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(main.Run())
}

func runMachine(t *testing.T, rt *rapid.T) {
	m := newMachine(t)
	m.setUp(rt)
	rt.Repeat(m.actions())
	if m.replayable {
		m.Replay(7)
	}
	testutil.RequireExportFixedPoint(t, m.Chain)
}
