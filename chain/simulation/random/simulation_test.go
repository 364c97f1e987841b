package random_test

import (
	"encoding/binary"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/baseapp"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/lamina-network/lamina/chain/testutil"
)

// config says how many blocks and messages one run has; LAMINA_LONG asks for the longer and for many seeds.
func config(tb testing.TB) (simtypes.Config, []int64) {
	// x/gov's simulation proposes texts of the old kind, which no route of this chain takes.
	weights := filepath.Join(tb.TempDir(), "weights.json")
	require.NoError(tb, os.WriteFile(weights, []byte(`{"op_weight_legacy_text_proposal":0}`), 0o600))
	cfg := simtypes.Config{
		ChainID: testutil.ChainID, InitialBlockHeight: 1, NumBlocks: 50, BlockSize: 30, Commit: true, Lean: true, DBBackend: "memdb", ParamsFile: weights,
	}
	seeds := []int64{3, 4}
	if os.Getenv("LAMINA_LONG") == "1" {
		cfg.NumBlocks, cfg.BlockSize, seeds = 200, 60, nil
		for seed := int64(1); seed <= 20; seed++ {
			seeds = append(seeds, seed)
		}
	}
	return cfg, seeds
}

// run simulates one seed from a random genesis and hands the application over as it is after the last block.
func run(tb testing.TB, cfg simtypes.Config, seed int64, after func(*simulated, []simtypes.Account)) {
	tb.Helper()
	simsx.RunWithSeedAndRandAcc(tb, cfg, newSimulated(tb), func(s *simulated) simsx.SimStateFactory {
		return simsx.SimStateFactory{
			Codec: s.Encoding().Codec, AppStateFn: firstState(s.App), BlockedAddr: blocked(s),
			AccountSource: s.AccountKeeper, BalanceSource: s.BankKeeper,
		}
	}, seed, mildParams(seed), someAccounts, func(_ testing.TB, done simsx.TestInstance[*simulated], accounts []simtypes.Account) {
		after(done.App, accounts)
	})
}

// mildParams are the first draws of x/simulation, of its own parameters: how much evidence is of past heights, how many
// accounts there are (someAccounts says) and how much evidence a block has. Left to chance, the last finds all validators
// faulty within a few blocks in most runs, and simsx skips what is left.
func mildParams(seed int64) []byte {
	const unit = 1 << 53
	draws := binary.BigEndian.AppendUint64(nil, uint64(seed)*unit/32%unit)
	draws = binary.BigEndian.AppendUint64(draws, 1<<32)
	return binary.BigEndian.AppendUint64(draws, unit/50+uint64(seed%8)*unit/100)
}

func blocked(s *simulated) map[string]bool {
	addresses := map[string]bool{}
	for name := range s.AccountKeeper.GetModulePermissions() {
		addresses[s.AccountKeeper.GetModuleAddress(name).String()] = true
	}
	return addresses
}

// TestRandomTransactionsKeepEveryInvariant runs weighted random messages of all modules, ours and the SDK's, and checks
// I1–I5, I10, I16, I17 and I23 after every block. Then the state is exported and imported, which must give the same state
// again, and the imported application goes on (I22). The seed is run once more and must give the same app hashes (I21).
func TestRandomTransactionsKeepEveryInvariant(t *testing.T) {
	cfg, seeds := config(t)
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Cleanup(func() { require.False(t, t.Skipped(), "simsx skipped what was left, for want of validators") })
			var first [][]byte
			run(t, cfg, seed, func(s *simulated, accounts []simtypes.Account) {
				first = s.hashes
				s.requireWork(t)
				s.requireLifeAfterImport(t, seed, accounts)
			})
			run(t, cfg, seed, func(s *simulated, _ []simtypes.Account) {
				require.Equal(t, first, s.hashes, "one seed, two histories of app hashes")
			})
		})
	}
}

// requireWork fails a simulation in which little of ours has happened.
func (s *simulated) requireWork(t *testing.T) {
	t.Helper()
	l := s.ledger
	t.Logf("%d rows paid, %d void, %d skipped; %d blocks final; %d convictions; %d operators", l.paid, l.void, l.skipped, l.final.Size, l.convictions, len(l.bonds.before))
	require.Greater(t, l.paid, 20, "rows paid")
	require.Greater(t, l.void, 20, "rows void")
	require.Greater(t, l.skipped, 5, "rows shown again")
	require.Greater(t, l.final.Size, uint64(20), "blocks final")
	require.Positive(t, l.convictions, "convictions")
}

// requireLifeAfterImport starts another application from this one's export, compares its state, and goes on with it.
func (s *simulated) requireLifeAfterImport(t *testing.T, seed int64, accounts []simtypes.Account) {
	t.Helper()
	exported, err := s.Export(false, nil)
	require.NoError(t, err)
	imported := newSimulated(t)(log.NewNopLogger(), dbm.NewMemDB(), true, simtestutil.AppOptionsMap{}, baseapp.SetChainID(testutil.ChainID))
	imported.SetNotSigverifyTx()
	_, err = imported.InitChain(&abci.RequestInitChain{
		ChainId: testutil.ChainID, ConsensusParams: &exported.ConsensusParams, AppStateBytes: exported.AppState, InitialHeight: exported.Height,
	})
	require.NoError(t, err)
	again, err := imported.ExportState(imported.GetContextForFinalizeBlock(nil), nil)
	require.NoError(t, err)
	requireEqualLines(t, string(exported.AppState), string(again))
	imported.inherit(s)
	imported.goOn(t, rand.New(rand.NewSource(seed)), accounts, exported.Height, 15, 40)
	require.Greater(t, imported.ledger.final.Size, s.ledger.final.Size, "blocks final after import")
	require.NoError(t, imported.Close())
}

func requireEqualLines(t *testing.T, expected, found string) {
	t.Helper()
	before, after := strings.Split(expected, "\n"), strings.Split(found, "\n")
	for i := range min(len(before), len(after)) {
		if before[i] != after[i] {
			t.Fatalf("I22: line %d of the state: exported\n%s\nimported\n%s", i, strings.Join(before[max(i-4, 0):i+1], "\n"), after[i])
		}
	}
	require.Len(t, after, len(before), "I22")
}

// inherit takes over what the actors and the books of another application know.
func (s *simulated) inherit(from *simulated) {
	books := *from.ledger
	books.tb, books.app = s.ledger.tb, s.App
	books.final.Peaks = append(books.final.Peaks[:0:0], books.final.Peaks...)
	*s.ledger = books
	s.world.actors = from.world.actors
}

// goOn makes blocks of random messages of our modules, in the manner of x/simulation.
func (s *simulated) goOn(t *testing.T, r *rand.Rand, accounts []simtypes.Account, height int64, blocks, messages int) {
	t.Helper()
	factories, reporter := s.world.factories(), simsx.NewBasicSimulationReporter()
	now := time.Unix(1_767_225_600, 0).Add(24 * time.Hour)
	for end := height + int64(blocks); height < end; height++ {
		now = now.Add(5 * time.Second)
		_, err := s.FinalizeBlock(&abci.RequestFinalizeBlock{Height: height, Time: now})
		require.NoError(t, err)
		for range messages {
			s.deliver(t, r, accounts, weightedChoice(r, factories), reporter)
		}
		s.SimWriteState()
		_, err = s.Commit()
		require.NoError(t, err)
	}
}

func weightedChoice(r *rand.Rand, factories []weighted) simsx.SimMsgFactoryX {
	total := 0
	for _, each := range factories {
		total += int(each.weight)
	}
	at := r.Intn(total)
	for _, each := range factories {
		if at -= int(each.weight); at < 0 {
			return each.factory
		}
	}
	panic("unreachable: at is below the sum of all weights")
}

func (s *simulated) deliver(t *testing.T, r *rand.Rand, accounts []simtypes.Account, factory simsx.SimMsgFactoryX, reporter *simsx.BasicSimulationReporter) {
	t.Helper()
	ctx := s.GetContextForFinalizeBlock(nil)
	scope := reporter.WithScope(factory.MsgType())
	data := simsx.NewChainDataSource(ctx, r, s.AccountKeeper, s.BankKeeper, s.TxConfig().SigningContext().AddressCodec(), accounts...)
	from, message := simsx.SafeRunFactoryMethod(ctx, data, scope, factory.Create())
	simsx.DeliverSimsMsg(ctx, scope, s, r, s.TxConfig(), s.AccountKeeper, testutil.ChainID, message, factory.DeliveryResultHandler(), from...)
	require.NoError(t, scope.Close())
}
