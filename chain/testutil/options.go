package testutil

import (
	"encoding/json"

	abci "github.com/cometbft/cometbft/abci/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/app"
)

type settings struct {
	chainID    string
	preset     string
	validators int
	modules    map[string]json.RawMessage
	invariants []func(*app.App) app.Invariant
	unchecked  bool
	record     func(*abci.RequestFinalizeBlock, *abci.ResponseFinalizeBlock)
}

func defaultSettings() settings {
	return settings{chainID: ChainID, preset: "minimal", validators: 1, modules: map[string]json.RawMessage{}}
}

// Option changes how a chain starts.
type Option func(*settings)

// WithValidators sets the number of validators, of equal power.
func WithValidators(count int) Option { return func(s *settings) { s.validators = count } }

// WithPreset chooses the parameters: minimal (default) or mainnet.
func WithPreset(name string) Option { return func(s *settings) { s.preset = name } }

// WithChainID sets the chain id that signatures are bound to.
func WithChainID(id string) Option { return func(s *settings) { s.chainID = id } }

// WithModuleGenesis lays partial JSON over a module's genesis state: only the fields to change, as in
// `{"params": {"window": "10"}}`.
func WithModuleGenesis(module, partial string) Option {
	return func(s *settings) { s.modules[module] = json.RawMessage(partial) }
}

// WithInvariant checks one more statement after every block.
func WithInvariant(id string, check func(*app.App, sdk.Context) error) Option {
	return func(s *settings) {
		s.invariants = append(s.invariants, func(a *app.App) app.Invariant {
			return app.Invariant{ID: id, Check: func(ctx sdk.Context) error { return check(a, ctx) }}
		})
	}
}

// WithoutInvariants skips the checks after blocks: for benchmarks, whose state is large.
func WithoutInvariants() Option { return func(s *settings) { s.unchecked = true } }

// WithRecorder hands every committed block to record, as a node's RPC would tell of it.
func WithRecorder(record func(*abci.RequestFinalizeBlock, *abci.ResponseFinalizeBlock)) Option {
	return func(s *settings) { s.record = record }
}
