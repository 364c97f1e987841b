package random_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"time"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/genesis"
	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/testutil"
)

const (
	balanceMax int64 = 1_000_000_000_000
	stakeMax   int64 = 100_000_000_000
	bondMin    int64 = 1_000
)

// someAccounts are fewer than simsx would draw: what happens to one account is to be met by another.
func someAccounts(r *rand.Rand, _ int) []simtypes.Account {
	return simtypes.RandomAccounts(r, 60+r.Intn(60))
}

// firstState is a random network: its accounts are the simulation's; their coins, the validators and every parameter of
// our modules are drawn. The modules' own random genesis states are not used: Lamina's parameters are bound to one another.
func firstState(lender *app.App) simtypes.AppStateFn {
	return func(r *rand.Rand, accounts []simtypes.Account, _ simtypes.Config) (json.RawMessage, []simtypes.Account, string, time.Time) {
		preset, err := genesis.LoadPreset("minimal")
		if err != nil {
			panic(err)
		}
		options := genesis.Options{
			ChainID: testutil.ChainID, Time: time.Unix(1_767_225_600, 0), InitialHeight: 1, Preset: preset, Modules: randomParams(r),
		}
		validators := min(len(accounts), 30+r.Intn(30))
		for i, account := range accounts {
			coins := sdk.NewCoins(sdk.NewInt64Coin(identity.Denom, stakeMax+r.Int63n(balanceMax)))
			options.Accounts = append(options.Accounts, genesis.Account{Address: account.Address, Coins: coins})
			if i < validators {
				options.Validators = append(options.Validators, genesis.Validator{
					Moniker: fmt.Sprint("validator ", i), Operator: account.PrivKey, ConsensusKey: account.ConsKey.PubKey(),
					SelfBond: sdkmath.NewInt(stakeMax - r.Int63n(stakeMax/2)), PeerAddress: "0000000000000000000000000000000000000000@127.0.0.1:26656",
				})
			}
		}
		built, err := genesis.Build(lender, options)
		if err != nil {
			panic(err)
		}
		return built.AppState, accounts, options.ChainID, options.Time
	}
}

// randomParams are small, so that windows pass, ways end and limits bite within the blocks of one simulation.
func randomParams(r *rand.Rand) map[string]json.RawMessage {
	window, disputes, horizon := 2+r.Intn(5), 1+r.Intn(4), 10+r.Intn(8)
	unbonding := window + disputes + horizon + 1 + r.Intn(5)
	// A conviction must burn at least what may be open.
	slash, reporter := 5_000+r.Intn(2)*5_000, r.Intn(2_501)
	exposure := 1 + r.Intn(min(7_500, slash*(10_000-reporter)/10_000))
	return map[string]json.RawMessage{
		"rollup": format(`{"params":{"challenge_window":"%d","finality_entries_per_block":%d,"takeover_heights":"%d","incarnation_delay":"%d",
			"data_fee":"%d","signature_fee":"%d","protocol_fee_bps":%d,"exposure_bps":%d,"batch_ids_kept":%d}}`,
			window, 3+r.Intn(25), 2+r.Intn(4), 1+r.Intn(4), r.Intn(5), r.Intn(5), r.Intn(2_001), exposure, 1+r.Intn(8)),
		"escrow": format(`{"params":{"settle_by_horizon":"%d","withdrawal_delay":"%d","lane_grace":"%d"},"layout":{"epoch_heights":"%d","nonces_per_epoch":"1024"}}`,
			horizon, 1+r.Intn(5), 1+r.Intn(5), 10+r.Intn(10)),
		"registry": format(`{"params":{"worker_bond_min":"%d","sequencer_bond_min":"%d","unbonding_heights":"%d","dispute_heights_max":"%d","jail_heights":"3",
			"equivocation_slash_bps":%d,"reporter_bps":%d}}`,
			bondMin, bondMin, unbonding, disputes, slash, reporter),
	}
}

func format(text string, values ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(text, values...))
}
