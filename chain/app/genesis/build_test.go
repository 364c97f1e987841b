package genesis_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log/v2"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/genesis"
	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/testutil"
)

type noOptions struct{}

func (noOptions) Get(string) any { return nil }

func lender() *app.App { return app.New(log.NewNopLogger(), dbm.NewMemDB(), false, noOptions{}) }

func options(t *testing.T, preset string) genesis.Options {
	t.Helper()
	loaded, err := genesis.LoadPreset(preset)
	if err != nil {
		t.Fatal(err)
	}
	return genesis.Options{
		ChainID: "lamina-dev-genesis", Time: time.Unix(1_800_000_000, 0), Preset: loaded,
		Accounts: []genesis.Account{{Address: testutil.NewAccount("alice").Address, Coins: sdk.NewCoins(sdk.NewInt64Coin(identity.Denom, 7))}},
	}
}

func TestEveryPresetBuildsABoundedGenesis(t *testing.T) {
	for _, preset := range []string{"minimal", "mainnet"} {
		t.Run(preset, func(t *testing.T) {
			built, err := genesis.Build(lender(), options(t, preset))
			if err != nil {
				t.Fatal(err)
			}
			if gas := built.Consensus.Params.Block.MaxGas; gas <= 0 {
				t.Fatalf("expected a bounded block, found max_gas %d", gas)
			}
			if built.Consensus.Params.Evidence.MaxAgeDuration != options(t, preset).Preset.EvidenceAge {
				t.Fatalf("expected evidence to count for the preset's time, found %s", built.Consensus.Params.Evidence.MaxAgeDuration)
			}
			var state app.GenesisState
			if err := json.Unmarshal(built.AppState, &state); err != nil {
				t.Fatal(err)
			}
			var bank banktypes.GenesisState
			lender().Encoding().Codec.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
			if bank.Supply.String() != "7ulam" || bank.DenomMetadata[0].Base != identity.Denom {
				t.Fatalf("expected a supply of 7ulam with its description, found %s, %v", bank.Supply, bank.DenomMetadata)
			}
		})
	}
}

func TestMisspeltOverridesAreRefused(t *testing.T) {
	cases := map[string]struct {
		modules  map[string]json.RawMessage
		accounts []genesis.Account
		expected string
	}{
		"an unknown module": {
			modules: map[string]json.RawMessage{"stakign": json.RawMessage(`{}`)}, expected: `found "stakign"`,
		},
		"an unknown field": {
			modules:  map[string]json.RawMessage{"staking": json.RawMessage(`{"params":{"unbonding_tiem":"1s"}}`)},
			expected: `staking.params has no field "unbonding_tiem"`,
		},
		"an impossible value": {
			modules:  map[string]json.RawMessage{"staking": json.RawMessage(`{"params":{"max_validators":0}}`)},
			expected: "max validators must be positive",
		},
		"another coin": {
			accounts: []genesis.Account{{Address: testutil.NewAccount("bob").Address, Coins: sdk.NewCoins(sdk.NewInt64Coin("gold", 1))}},
			expected: "expected coins of ulam alone",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			spoilt := options(t, "minimal")
			spoilt.Modules = test.modules
			spoilt.Accounts = append(spoilt.Accounts, test.accounts...)
			if _, err := genesis.Build(lender(), spoilt); err == nil || !strings.Contains(err.Error(), test.expected) {
				t.Fatalf("expected an error with %q, found %v", test.expected, err)
			}
		})
	}
}

func TestUnknownPresetIsRefused(t *testing.T) {
	if _, err := genesis.LoadPreset("tiny"); err == nil || !strings.Contains(err.Error(), `found "tiny"`) {
		t.Fatalf("expected the preset to be named, found %v", err)
	}
}
