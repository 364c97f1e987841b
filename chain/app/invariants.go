package app

import (
	"fmt"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/app/identity"
)

// Invariant is a statement about the whole state that must hold after every block. ID is the one of
// docs/spec/invariants.md.
type Invariant struct {
	ID    string
	Check func(sdk.Context) error
}

// Invariants lists what can be checked from state alone. Simulations and tests check it after every block; it costs
// time in proportion to the state, so a node does not.
func (app *App) Invariants() []Invariant {
	return []Invariant{
		{ID: "I1", Check: app.supplyIsConserved},
		{ID: "I2", Check: func(ctx sdk.Context) error { return app.EscrowKeeper.CheckInvariants(ctx) }},
		{ID: "I3", Check: func(ctx sdk.Context) error { return app.RegistryKeeper.CheckInvariants(ctx) }},
		{ID: "I5", Check: func(ctx sdk.Context) error { return app.RollupKeeper.CheckInvariants(ctx) }},
	}
}

// supplyIsConserved: the balances of all accounts, module accounts included, add up to the supply (I1).
func (app *App) supplyIsConserved(ctx sdk.Context) error {
	total := sdkmath.ZeroInt()
	app.BankKeeper.IterateAllBalances(ctx, func(_ sdk.AccAddress, coin sdk.Coin) bool {
		if coin.Denom == identity.Denom {
			total = total.Add(coin.Amount)
		}
		return false
	})
	if supply := app.BankKeeper.GetSupply(ctx, identity.Denom).Amount; !supply.Equal(total) {
		return fmt.Errorf("expected balances to add up to the supply of %s, found %s", supply, total)
	}
	return nil
}
