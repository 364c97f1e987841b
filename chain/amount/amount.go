// Package amount reads amounts of ulam from messages and state. An amount is an integer below 2^64, in decimal without
// sign or leading zeros, so that it has one spelling and every sum of two fits far below math.Int's limit (T36).
package amount

import (
	"fmt"
	"strconv"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/app/identity"
)

// Error says which amount is not one.
type Error struct {
	Expected string
	Found    string
}

func (e *Error) Error() string {
	return fmt.Sprintf("amount: expected %s, found %.40q", e.Expected, e.Found)
}

// Positive reads an amount of at least 1 ulam.
func Positive(text string) (math.Int, error) {
	value, err := NonNegative(text)
	if err != nil || value.IsZero() {
		return math.Int{}, &Error{Expected: "a positive integer below 2^64 in decimal", Found: text}
	}
	return value, nil
}

// NonNegative reads an amount that may be zero.
func NonNegative(text string) (math.Int, error) {
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil || strconv.FormatUint(value, 10) != text {
		return math.Int{}, &Error{Expected: "an integer below 2^64 in decimal", Found: text}
	}
	return math.NewIntFromUint64(value), nil
}

// Coins is value in the chain's only coin; zero gives no coins.
func Coins(value math.Int) sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(identity.Denom, value))
}

// Share is floor(value × basisPoints / 10000).
func Share(value math.Int, basisPoints uint32) math.Int {
	return value.MulRaw(int64(basisPoints)).QuoRaw(10_000)
}
