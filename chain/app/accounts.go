package app

import (
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

// moduleAccountPermissions lists every account that code, not a key, controls. A module that is missing here cannot
// hold coins. Nobody may mint: the supply is fixed at genesis and only falls (I1).
func moduleAccountPermissions() map[string][]string {
	return map[string][]string{
		authtypes.FeeCollectorName:          nil,
		distrtypes.ModuleName:               nil,
		govtypes.ModuleName:                 {authtypes.Burner},
		stakingtypes.BondedPoolName:         {authtypes.Burner, authtypes.Staking},
		stakingtypes.NotBondedPoolName:      {authtypes.Burner, authtypes.Staking},
		stakingtypes.KeyRotationFeePoolName: {authtypes.Burner},
		// Slashed bonds are burnt.
		registrytypes.ModuleName: {authtypes.Burner},
		escrowtypes.ModuleName:   nil,
	}
}

// blockedAddresses are module accounts that users may not send to: their balances are part of invariants (I2, I3)
// that a stranger's coin would break. Governance is left open, since deposits and burnt proposals go there by design.
func blockedAddresses() map[string]bool {
	blocked := map[string]bool{}
	for name := range moduleAccountPermissions() {
		if name != govtypes.ModuleName {
			blocked[authtypes.NewModuleAddress(name).String()] = true
		}
	}
	return blocked
}

// Authority is the address that alone may change parameters and order upgrades: the governance module.
func Authority() string {
	return authtypes.NewModuleAddress(govtypes.ModuleName).String()
}
