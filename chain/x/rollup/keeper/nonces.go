package keeper

import (
	"context"

	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

const noncesPerChunk = escrowtypes.NoncesPerChunk

type chunkKey struct {
	lane, epoch uint64
	chunk       uint32
}

// nonces caches the bitmap chunks that a block touches (I4, T68).
type nonces struct {
	escrow types.EscrowKeeper
	bounds escrowtypes.NonceBounds
	chunks lookups[chunkKey, nonceChunk]
}

type nonceChunk struct {
	bits    []byte
	changed bool
}

func (n *nonces) used(ctx context.Context, lane, epoch uint64, nonce uint32) (bool, error) {
	key := chunkKey{lane, epoch, nonce / noncesPerChunk}
	chunk, seen := n.chunks.get(key)
	if !seen {
		bits, err := n.escrow.NonceChunk(ctx, n.bounds, lane, epoch, key.chunk)
		if err != nil {
			return false, err
		}
		chunk = n.chunks.set(key, nonceChunk{bits: bits})
	}
	bit := nonce % noncesPerChunk
	return chunk.bits[bit/8]&(1<<(bit%8)) != 0, nil
}

// use marks a nonce that used has just been asked about.
func (n *nonces) use(lane, epoch uint64, nonce uint32) {
	chunk, _ := n.chunks.get(chunkKey{lane, epoch, nonce / noncesPerChunk})
	bit := nonce % noncesPerChunk
	chunk.bits[bit/8] |= 1 << (bit % 8)
	chunk.changed = true
}

func (n *nonces) write(ctx context.Context) error {
	for i, key := range n.chunks.keys {
		if !n.chunks.values[i].changed {
			continue
		}
		if err := n.escrow.SetNonceChunk(ctx, n.bounds, key.lane, key.epoch, key.chunk, n.chunks.values[i].bits); err != nil {
			return err
		}
	}
	return nil
}
