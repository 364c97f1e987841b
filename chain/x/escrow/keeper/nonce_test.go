package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

func TestANonceIsFreshOnce(t *testing.T) {
	f := newFixture(t)
	keeper, ctx := f.App.EscrowKeeper, f.at(f.Height())
	use := func(lane, epoch uint64, index uint32) bool {
		fresh, err := keeper.UseNonce(ctx, lane, epoch, index)
		require.NoError(t, err)
		return fresh
	}
	for _, index := range []uint32{0, 1, 7, 8, 255, 256, 1_048_575} {
		require.True(t, use(1, 0, index), index)
		require.False(t, use(1, 0, index), index)
		require.True(t, use(2, 0, index), "another lane")
		require.True(t, use(1, 1, index), "another epoch")
	}
	_, err := keeper.UseNonce(ctx, 1, 0, 1_048_576)
	require.ErrorIs(t, err, types.ErrNonce)
	bounds, err := keeper.NonceBounds(ctx)
	require.NoError(t, err)
	bits, err := keeper.NonceChunk(ctx, bounds, 1, 0, 0)
	require.NoError(t, err)
	require.Equal(t, []byte{0b10000011, 0b00000001}, bits[:2])
	require.Len(t, bits, types.NonceChunkBytes)
	require.ErrorIs(t, keeper.SetNonceChunk(ctx, bounds, 1, 0, 0, bits[1:]), types.ErrNonce)
	require.ErrorIs(t, keeper.SetNonceChunk(ctx, bounds, 1, 0, 4_096, bits), types.ErrNonce)
}

// Whatever order nonces come in, each is fresh exactly once (I4, T68).
func TestNoncesAreASet(t *testing.T) {
	f := newFixture(t)
	rapid.Check(t, func(rt *rapid.T) {
		ctx, seen := f.at(f.Height()), map[[3]uint64]bool{}
		for range rapid.IntRange(1, 60).Draw(rt, "uses") {
			lane, epoch := rapid.Uint64Range(1, 2).Draw(rt, "lane"), rapid.Uint64Range(0, 1).Draw(rt, "epoch")
			index := rapid.Uint32Range(250, 260).Draw(rt, "index")
			key := [3]uint64{lane, epoch, uint64(index)}
			fresh, err := f.App.EscrowKeeper.UseNonce(ctx, lane, epoch, index)
			if err != nil || fresh == seen[key] {
				rt.Fatalf("nonce %v: expected fresh = %v, found %v (%v)", key, !seen[key], fresh, err)
			}
			seen[key] = true
		}
	})
}

// A bitmap lives until its epoch's last height, is then dropped so many chunks a block, and never comes back (I4, I23).
func TestBitmapsOfPassedEpochsAreDroppedByCursor(t *testing.T) {
	f := newFixture(t, testutil.WithModuleGenesis("escrow", `{"layout":{"epoch_heights":"10"}}`))
	keeper, ctx := f.App.EscrowKeeper, f.at(8)
	const lanes = types.NonceChunksPerBlock + 20
	for lane := uint64(1); lane <= lanes; lane++ {
		for _, epoch := range []uint64{0, 2} {
			fresh, err := keeper.UseNonce(ctx, lane, epoch, 5)
			require.NoError(t, err)
			require.True(t, fresh)
		}
	}
	used := func(epoch uint64) int {
		state, err := keeper.ExportGenesis(ctx)
		require.NoError(t, err)
		count := 0
		for _, chunk := range state.NonceChunks {
			if chunk.Epoch == epoch {
				count++
			}
		}
		return count
	}
	require.NoError(t, keeper.EndBlocker(ctx))
	require.Equal(t, lanes, used(0), "height 8 lies in epoch 0")

	require.NoError(t, keeper.EndBlocker(ctx.WithBlockHeight(9)))
	require.Equal(t, 20, used(0), "the epoch's last height is over")
	fresh, err := keeper.UseNonce(ctx, lanes+1, 1, 5)
	require.NoError(t, err)
	require.True(t, fresh)
	require.NoError(t, keeper.EndBlocker(ctx.WithBlockHeight(10)))
	require.Zero(t, used(0))
	require.NoError(t, keeper.CheckInvariants(ctx))
	_, err = keeper.UseNonce(ctx, 1, 0, 6)
	require.ErrorIs(t, err, types.ErrEpochPassed)
	require.Equal(t, 1, used(1))

	require.NoError(t, keeper.EndBlocker(ctx.WithBlockHeight(28)))
	require.Zero(t, used(1))
	require.Equal(t, lanes, used(2))
	state, err := keeper.ExportGenesis(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, state.PrunedEpoch)
	fresh, err = keeper.UseNonce(ctx, 1, 2, 5)
	require.NoError(t, err)
	require.False(t, fresh, "an epoch that has not passed keeps its bits")
}
