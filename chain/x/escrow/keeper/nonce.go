package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// UseNonce sets the bit of one nonce and tells whether it was clear: false means that the nonce paid for a job before (I4).
func (k *Keeper) UseNonce(ctx context.Context, lane, epoch uint64, index uint32) (bool, error) {
	bounds, err := k.NonceBounds(ctx)
	if err != nil {
		return false, err
	}
	chunk, position := index/types.NoncesPerChunk, index%types.NoncesPerChunk
	bits, err := k.NonceChunk(ctx, bounds, lane, epoch, chunk)
	if err != nil {
		return false, err
	}
	mask := byte(1) << (position % 8)
	if bits[position/8]&mask != 0 {
		return false, nil
	}
	bits[position/8] |= mask
	return true, k.SetNonceChunk(ctx, bounds, lane, epoch, chunk, bits)
}

// NonceBounds tells where nonces may lie at this height.
func (k *Keeper) NonceBounds(ctx context.Context) (types.NonceBounds, error) {
	layout, err := k.Layout(ctx)
	if err != nil {
		return types.NonceBounds{}, err
	}
	pruned, err := k.prunedEpoch.Get(ctx)
	return types.NonceBounds{NoncesPerEpoch: layout.NoncesPerEpoch, PrunedEpoch: pruned}, err
}

// NonceChunk returns a copy of the bits of 256 nonces, bit i in byte i/8, least significant first. A chunk that was
// never written is all zero.
func (k *Keeper) NonceChunk(ctx context.Context, bounds types.NonceBounds, lane, epoch uint64, chunk uint32) ([]byte, error) {
	if err := bounds.Check(epoch, chunk); err != nil {
		return nil, err
	}
	bits, found, err := find(ctx, k.nonceChunks, collections.Join3(epoch, lane, chunk))
	if err != nil {
		return nil, err
	}
	if !found {
		return make([]byte, types.NonceChunkBytes), nil
	}
	// What the store gives may be its own memory: written to, it would change state that no transaction changed (I21).
	return slices.Clone(bits), nil
}

// SetNonceChunk stores bits that NonceChunk gave, with more of them set.
func (k *Keeper) SetNonceChunk(ctx context.Context, bounds types.NonceBounds, lane, epoch uint64, chunk uint32, bits []byte) error {
	if err := bounds.Check(epoch, chunk); err != nil {
		return err
	}
	if len(bits) != types.NonceChunkBytes {
		return types.ErrNonce.Wrapf("bits: expected %d bytes, found %d", types.NonceChunkBytes, len(bits))
	}
	// The store keeps what it is given until it is written out; the caller may go on with its own.
	return k.nonceChunks.Set(ctx, collections.Join3(epoch, lane, chunk), slices.Clone(bits))
}
