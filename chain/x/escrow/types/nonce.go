package types

// NonceBounds is where nonces may lie at present: below nonces_per_epoch, and in an epoch that is not pruned. Read once,
// it serves all rows of a block.
type NonceBounds struct {
	NoncesPerEpoch, PrunedEpoch uint64
}

// Check refuses chunks beyond the layout, and those of a pruned epoch: its nonces are forgotten, so a new bitmap there
// would let a job be paid again (I4).
func (b NonceBounds) Check(epoch uint64, chunk uint32) error {
	if uint64(chunk)*NoncesPerChunk >= b.NoncesPerEpoch {
		return ErrNonce.Wrapf("expected below %d, found chunk %d", b.NoncesPerEpoch, chunk)
	}
	if epoch < b.PrunedEpoch {
		return ErrEpochPassed.Wrapf("expected at least %d, found %d", b.PrunedEpoch, epoch)
	}
	return nil
}
