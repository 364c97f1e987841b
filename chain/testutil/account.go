package testutil

import (
	"crypto/sha256"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/lamina-network/lamina/chain/app/identity"
)

// AccountBalance is what Account gives to a name that has no coins yet, in ulam.
const AccountBalance int64 = 1_000_000_000_000

const (
	faucetBalance    int64 = 1_000_000_000_000_000_000
	validatorBond    int64 = 1_000_000_000_000
	validatorBalance int64 = validatorBond + 1_000_000_000
)

// Account is a key with its address.
type Account struct {
	Name    string
	Key     cryptotypes.PrivKey
	Address sdk.AccAddress
}

// String is the bech32 address, as messages carry it.
func (a Account) String() string { return a.Address.String() }

// NewAccount derives an account from its name: the same in every run.
func NewAccount(name string) Account {
	digest := sha256.Sum256([]byte("lamina test account " + name))
	key := secp256k1.GenPrivKeyFromSecret(digest[:])
	return Account{Name: name, Key: key, Address: sdk.AccAddress(key.PubKey().Address())}
}

// Faucet is the account that holds the coins which tests hand out.
func Faucet() Account { return NewAccount("faucet") }

// Authority is the address whose messages change parameters. Nobody holds its key: see Chain.ExecuteAsAuthority.
func (c *Chain) Authority() string {
	return c.App.AccountKeeper.GetModuleAddress("gov").String()
}

// Account returns the account of a name, which it gives AccountBalance in a block of its own at first mention.
func (c *Chain) Account(name string) Account {
	c.TB.Helper()
	return c.Accounts(name)[0]
}

// Accounts is Account for several names, at the cost of one block.
func (c *Chain) Accounts(names ...string) []Account {
	c.TB.Helper()
	accounts := make([]Account, len(names))
	var sends []sdk.Msg
	for index, name := range names {
		accounts[index] = NewAccount(name)
		if !c.funded[name] {
			c.funded[name] = true
			sends = append(sends, c.send(accounts[index].Address, AccountBalance))
		}
	}
	if len(sends) > 0 {
		c.MustDeliver(Faucet(), sends...)
	}
	return accounts
}

// Fund sends ulam from the faucet, in a block of its own.
func (c *Chain) Fund(address sdk.AccAddress, amount int64) {
	c.TB.Helper()
	c.MustDeliver(Faucet(), c.send(address, amount))
}

func (c *Chain) send(to sdk.AccAddress, amount int64) sdk.Msg {
	return &banktypes.MsgSend{FromAddress: Faucet().String(), ToAddress: to.String(), Amount: coins(amount)}
}

// Balance is an account's ulam at the last height.
func (c *Chain) Balance(address sdk.AccAddress) sdkmath.Int {
	c.TB.Helper()
	return c.App.BankKeeper.GetBalance(c.Context(), address, identity.Denom).Amount
}

// ModuleBalance is the ulam of a module's account.
func (c *Chain) ModuleBalance(module string) sdkmath.Int {
	c.TB.Helper()
	return c.Balance(c.App.AccountKeeper.GetModuleAddress(module))
}

func coins(amount int64) sdk.Coins { return sdk.NewCoins(sdk.NewInt64Coin(identity.Denom, amount)) }
