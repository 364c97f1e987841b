package random_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"testing"

	"cosmossdk.io/collections"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// actors is what those who act know and the chain does not: their keys, and what they have signed.
type actors struct {
	made    int
	signers map[string]scenario.Key // by public key
	logs    []logID
	lanes   []*scenario.Lane
	models  []codec.Digest
	posted  *rolluptypes.MsgSubmitBatch // the last that was accepted
	shown   map[logID]scenario.Run      // the last run of each log that was accepted
	proof   *rolluptypes.MsgReportHeadFault
}

// world makes messages for one application.
type world struct {
	*actors
	tb     testing.TB
	app    *app.App
	ledger *ledger
}

// logID names a result log of a worker's key.
type logID struct {
	key         codec.Digest
	incarnation uint32
}

func newWorld(tb testing.TB, a *app.App, books *ledger) *world {
	return &world{tb: tb, app: a, ledger: books, actors: &actors{signers: map[string]scenario.Key{}, shown: map[logID]scenario.Run{}}}
}

// noError panics: factories run beside the test's goroutine, which would wait for ever for one that ended by Fatal.
func (w *world) noError(err error) {
	if err != nil {
		panic(err)
	}
}

func (w *world) newKey() scenario.Key {
	w.made++
	key := scenario.NewKey("simulation " + strconv.Itoa(w.made))
	public := key.Public()
	w.signers[string(public[:])] = key
	return key
}

// possess gives a new key and its word that an account may register it.
func (w *world) possess(s situation, role codec.Role, account string) (key scenario.Key, signature []byte, expires uint64) {
	key, expires = w.newKey(), s.height()+5
	public := key.Public()
	statement, err := codec.PossessStatement(testutil.ChainID, role, public[:], account, expires)
	w.noError(err)
	signed := key.Sign(statement)
	return key, signed[:], expires
}

// situation is what an actor has before it to make a message. Nothing here skips: simsx would go on with other messages
// while the factory still runs, and draw from the same randomness.
type situation struct {
	context.Context
	*simsx.ChainDataSource
	reporter simsx.SimulationReporter
}

func (s situation) height() uint64   { return uint64(sdk.UnwrapSDKContext(s).BlockHeight()) }
func (s situation) rand() *rand.Rand { return s.Rand().Rand }

// oneIn is true about once in so many times.
func (s situation) oneIn(times int) bool { return s.rand().Intn(times) == 0 }

func (s situation) anybody() simsx.SimAccount {
	return s.AccountAt(s.reporter, s.rand().Intn(s.AccountsCount()))
}

// accountWhere gives an account of those that hold to something.
func (s situation) accountWhere(holds func(simtypes.Account) bool) (chosen simsx.SimAccount, found bool) {
	var those []int
	for i, account := range s.AllAccounts() {
		if holds(account) {
			those = append(those, i)
		}
	}
	at, found := randomly(s.rand(), those)
	if !found {
		return chosen, false
	}
	return s.AccountAt(s.reporter, at), true
}

// amount is up to a most of what an account can spend beside fees.
func (s situation) amount(from *simsx.SimAccount, least, most int64) (string, bool) {
	amount := sdk.NewInt64Coin(identity.Denom, least+s.rand().Int63n(most))
	return amount.Amount.String(), from.LiquidBalance().BlockAmount(amount)
}

// attempt is a message that the chain must take, or must refuse with an error; or why there is none to send.
type attempt[M sdk.Msg] struct {
	from    simsx.SimAccount
	message M
	refused error
	effect  func() // once it was taken
	why     string
}

func noAttempt[M sdk.Msg](why string) attempt[M] { return attempt[M]{why: why} }

// weighted is a factory with how often it is to be used.
type weighted struct {
	weight  uint32
	kind    string
	factory simsx.SimMsgFactoryX
}

func factory[M sdk.Msg](weight uint32, kind string, attemptOf func(situation) attempt[M]) weighted {
	return weighted{weight, kind, simsx.NewSimMsgFactoryWithDeliveryResultHandler(
		func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, M, simsx.SimDeliveryResultHandler) {
			made := attemptOf(situation{ctx, data, reporter})
			if made.why != "" {
				reporter.Skip(made.why)
				return nil, made.message, nil
			}
			return []simsx.SimAccount{made.from}, made.message, made.judge
		})}
}

func (a attempt[M]) judge(err error) error {
	switch {
	case a.refused == nil && err == nil:
		if a.effect != nil {
			a.effect()
		}
		return nil
	case a.refused != nil && isRefused(err, a.refused):
		return nil
	default:
		return fmt.Errorf("expected %v, found %w", a.refused, err)
	}
}

// ownShare weighs our messages against those of the SDK's modules, whose weights add up to about 1,000.
const ownShare = 15

// factories is in fixed order, so that a seed always gives the same run. Settling rows weighs most: everything else is
// there to interfere with it.
func (w *world) factories() []weighted {
	all := slices.Concat([]weighted{
		factory(60, "valid", w.submitBatch), factory(25, "spoilt", w.submitSpoiltBatch), factory(5, "again", w.resubmitBatch),
		factory(20, "valid", w.forceInclude), factory(10, "spoilt", w.forceSpoilt), factory(5, "valid", w.newIncarnation),
		factory(6, "valid", w.takeTerm), factory(3, "early", w.takeTermEarly),
		factory(2, "proved", w.reportHeads), factory(6, "unproved", w.reportNoHeads), factory(3, "again", w.reportAgain),
		factory(1, "proved", w.reportHeaders), factory(4, "unproved", w.reportNoHeaders),
	}, w.registryFactories(), w.escrowFactories())
	for i := range all {
		all[i].weight *= ownShare
	}
	return all
}

func randomly[T any](r *rand.Rand, from []T) (chosen T, found bool) {
	if len(from) == 0 {
		return chosen, false
	}
	return from[r.Intn(len(from))], true
}

func isAbsent(err error) bool { return errors.Is(err, collections.ErrNotFound) }
