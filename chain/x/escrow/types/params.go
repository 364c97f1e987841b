package types

const (
	heightsMax = 1_000_000

	// NoncesPerChunk is how many nonces one item of state holds, NonceChunkBytes how long it is. Lanes of one row a batch
	// are what makes a batch dear, and rewriting their item is most of it: so it is short.
	NoncesPerChunk  = 256
	NonceChunkBytes = NoncesPerChunk / 8
	// WithdrawalsPerBlock and NonceChunksPerBlock bound what a block's end pays and prunes (I23, T51).
	WithdrawalsPerBlock = 200
	NonceChunksPerBlock = 1_000
	// WithdrawalRetryHeights is how long a withdrawal that could not be paid waits before it is tried again.
	WithdrawalRetryHeights = 10
)

// DefaultParams is the preset `mainnet` of docs/spec/parameters.md.
func DefaultParams() *Params {
	return &Params{SettleByHorizon: 4_320, WithdrawalDelay: 720, LaneGrace: 17_280, LaneModelsMax: 32}
}

// DefaultLayout is the preset `mainnet`.
func DefaultLayout() *Layout {
	return &Layout{EpochHeights: 17_280, NoncesPerEpoch: 1_048_576}
}

type bound struct {
	name                 string
	value, minimum, most uint64
}

// Validate checks every parameter against its bounds (T52). That jobs outlive no bond is x/registry's to check.
func (p *Params) Validate() error {
	if p == nil {
		return ErrParams.Wrap("expected parameters, found none")
	}
	return checkBounds(
		bound{"settle_by_horizon", p.SettleByHorizon, 10, heightsMax},
		bound{"withdrawal_delay", p.WithdrawalDelay, 1, heightsMax},
		bound{"lane_grace", p.LaneGrace, 1, heightsMax},
		bound{"lane_models_max", uint64(p.LaneModelsMax), 1, 256},
	)
}

// Validate checks what genesis fixes for ever.
func (l *Layout) Validate() error {
	if l == nil {
		return ErrParams.Wrap("expected a layout, found none")
	}
	return checkBounds(
		bound{"epoch_heights", l.EpochHeights, 10, heightsMax},
		bound{"nonces_per_epoch", l.NoncesPerEpoch, 1_024, 1 << 24},
	)
}

func checkBounds(bounds ...bound) error {
	for _, b := range bounds {
		if b.value < b.minimum || b.value > b.most {
			return ErrParams.Wrapf("%s: expected %d…%d, found %d", b.name, b.minimum, b.most, b.value)
		}
	}
	return nil
}
