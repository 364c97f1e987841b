package types

// DefaultParams is the preset `mainnet` of docs/spec/parameters.md.
func DefaultParams() *Params {
	return &Params{
		ChallengeWindow:         360,
		FinalityEntriesPerBlock: 2_000,
		BatchBytesMax:           1_500_000,
		BatchRowsMax:            12_000,
		BatchBlocksMax:          256,
		BlockRunsMax:            1_024,
		BatchIdsKept:            256,
		DataFee:                 2,
		SignatureFee:            2,
		ProtocolFeeBps:          200,
		TakeoverHeights:         720,
		IncarnationDelay:        720,
		ExposureBps:             2_500,
		GasPerBatch:             20_000,
		GasPerByte:              1,
		GasPerRow:               400,
		GasPerSignature:         2_000,
	}
}

// gasPriceMax keeps a vote from pricing batches out for good (T52).
const gasPriceMax = 10_000_000

// Validate checks every parameter against its bounds (T52, docs/spec/parameters.md).
func (p *Params) Validate() error {
	if p == nil {
		return ErrParams.Wrap("expected parameters, found none")
	}
	bounds := []struct {
		name                 string
		value, minimum, most uint64
	}{
		{"challenge_window", p.ChallengeWindow, 1, 100_000},
		{"finality_entries_per_block", uint64(p.FinalityEntriesPerBlock), 1, 20_000},
		{"batch_bytes_max", uint64(p.BatchBytesMax), 10_000, 4_000_000},
		{"batch_rows_max", uint64(p.BatchRowsMax), 1, 50_000},
		{"batch_blocks_max", uint64(p.BatchBlocksMax), 1, 4_096},
		{"block_runs_max", uint64(p.BlockRunsMax), 1, 10_000},
		{"batch_ids_kept", uint64(p.BatchIdsKept), 1, 4_096},
		{"data_fee", p.DataFee, 0, 1_000_000},
		{"signature_fee", p.SignatureFee, 0, 1_000_000},
		{"protocol_fee_bps", uint64(p.ProtocolFeeBps), 0, 2_000},
		{"takeover_heights", p.TakeoverHeights, 2, 100_000},
		{"incarnation_delay", p.IncarnationDelay, 1, 100_000},
		{"exposure_bps", uint64(p.ExposureBps), 1, 7_500},
		{"gas_per_batch", p.GasPerBatch, 1, gasPriceMax},
		{"gas_per_byte", p.GasPerByte, 1, gasPriceMax},
		{"gas_per_row", p.GasPerRow, 1, gasPriceMax},
		{"gas_per_signature", p.GasPerSignature, 1, gasPriceMax},
	}
	for _, bound := range bounds {
		if bound.value < bound.minimum || bound.value > bound.most {
			return ErrParams.Wrapf("%s: expected %d…%d, found %d", bound.name, bound.minimum, bound.most, bound.value)
		}
	}
	return nil
}
