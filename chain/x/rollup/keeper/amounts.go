package keeper

import (
	"math/bits"

	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

const basisPoints = 10_000

// shares is how the debit of one paid row is split, to the last unit (I5).
type shares struct {
	charge, data, signature, protocol, worker uint64
}

func (s shares) debit() uint64 { return s.charge + s.signature }

// split divides a charge: the data fee first, the protocol's part of the rest rounded down, all else to the worker.
// Source: docs/spec/settlement.md.
func split(params types.Params, charge uint64, individuallySigned bool) shares {
	data := min(params.DataFee, charge)
	rest := charge - data
	high, low := bits.Mul64(rest, uint64(params.ProtocolFeeBps))
	// high < basisPoints: protocol_fee_bps is at most 2,000.
	protocol, _ := bits.Div64(high, low, basisPoints)
	result := shares{charge: charge, data: data, protocol: protocol, worker: rest - protocol}
	if individuallySigned {
		result.signature = params.SignatureFee
	}
	return result
}

// product multiplies with an answer for overflow.
func product(left, right uint64) (uint64, bool) {
	high, low := bits.Mul64(left, right)
	return low, high == 0
}

// sum adds with an answer for overflow.
func sum(left, right uint64) (uint64, bool) {
	total, carry := bits.Add64(left, right, 0)
	return total, carry == 0
}
