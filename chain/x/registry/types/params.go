package types

import (
	"github.com/lamina-network/lamina/chain/amount"
)

// Bounds of docs/spec/parameters.md that other modules' checks lean on.
const (
	HeightsMax       = 1_000_000
	ReporterBPSMax   = 2_500
	ManifestBytesMin = 1_024
	ManifestBytesMax = 262_144
	ModelsMax        = 256
	BasisPoints      = 10_000
)

// DefaultParams is the preset `mainnet` of docs/spec/parameters.md.
func DefaultParams() *Params {
	return &Params{
		WorkerBondMin:        "100000000000",
		SequencerBondMin:     "500000000000",
		UnbondingHeights:     362_880,
		DisputeHeightsMax:    50_000,
		JailHeights:          720,
		EquivocationSlashBps: 10_000,
		ReporterBps:          1_000,
		ManifestBytesMax:     65_536,
		WorkerModelsMax:      64,
	}
}

// Validate checks every parameter against its own bounds (T52). What depends on other modules' parameters is checked by
// CheckUnbonding.
func (p *Params) Validate() error {
	if p == nil {
		return ErrParams.Wrap("expected parameters, found none")
	}
	if _, err := amount.Positive(p.WorkerBondMin); err != nil {
		return ErrParams.Wrapf("worker_bond_min: %s", err)
	}
	if _, err := amount.Positive(p.SequencerBondMin); err != nil {
		return ErrParams.Wrapf("sequencer_bond_min: %s", err)
	}
	bounds := []struct {
		name                 string
		value, minimum, most uint64
	}{
		{"unbonding_heights", p.UnbondingHeights, 1, 10 * HeightsMax},
		{"dispute_heights_max", p.DisputeHeightsMax, 1, HeightsMax},
		{"jail_heights", p.JailHeights, 1, HeightsMax},
		{"equivocation_slash_bps", uint64(p.EquivocationSlashBps), 1, BasisPoints},
		{"reporter_bps", uint64(p.ReporterBps), 0, ReporterBPSMax},
		{"manifest_bytes_max", uint64(p.ManifestBytesMax), ManifestBytesMin, ManifestBytesMax},
		{"worker_models_max", uint64(p.WorkerModelsMax), 1, ModelsMax},
	}
	for _, bound := range bounds {
		if bound.value < bound.minimum || bound.value > bound.most {
			return ErrParams.Wrapf("%s: expected %d…%d, found %d", bound.name, bound.minimum, bound.most, bound.value)
		}
	}
	return nil
}

// CheckUnbonding refuses parameters under which a bond could leave before a fault it backs is found and judged (T39, I17).
func (p *Params) CheckUnbonding(challengeWindow, settleByHorizon uint64) error {
	if longest := challengeWindow + p.DisputeHeightsMax + settleByHorizon; p.UnbondingHeights <= longest {
		return ErrParams.Wrapf(
			"unbonding_heights: expected more than challenge_window %d + dispute_heights_max %d + settle_by_horizon %d, found %d",
			challengeWindow, p.DisputeHeightsMax, settleByHorizon, p.UnbondingHeights)
	}
	return nil
}
