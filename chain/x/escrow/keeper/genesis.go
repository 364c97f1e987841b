package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

// InitGenesis writes a state that Validate has accepted. Coins are the bank's: the module account must hold what the
// state promises (I2).
func (k *Keeper) InitGenesis(ctx context.Context, state *types.GenesisState) error {
	if err := state.Validate(); err != nil {
		return err
	}
	if err := k.importItems(ctx, state); err != nil {
		return err
	}
	for _, deposit := range state.Deposits {
		value, err := amount.Positive(deposit.Balance)
		if err != nil {
			return err
		}
		if err := k.addDeposit(ctx, deposit.Payer, value); err != nil {
			return err
		}
	}
	for _, lane := range state.Lanes {
		if err := k.importLane(ctx, *lane); err != nil {
			return err
		}
	}
	for _, withdrawal := range state.Withdrawals {
		if err := k.addWithdrawal(ctx, *withdrawal); err != nil {
			return err
		}
	}
	bounds, err := k.NonceBounds(ctx)
	if err != nil {
		return err
	}
	for _, chunk := range state.NonceChunks {
		if err := k.SetNonceChunk(ctx, bounds, chunk.Lane, chunk.Epoch, chunk.Chunk, chunk.Bits); err != nil {
			return err
		}
	}
	return k.CheckInvariants(ctx)
}

func (k *Keeper) importItems(ctx context.Context, state *types.GenesisState) error {
	if err := k.params.Set(ctx, *state.Params); err != nil {
		return err
	}
	if err := k.layout.Set(ctx, *state.Layout); err != nil {
		return err
	}
	if err := k.nextLaneID.Set(ctx, state.NextLaneId); err != nil {
		return err
	}
	if err := k.nextWithdrawalID.Set(ctx, state.NextWithdrawalId); err != nil {
		return err
	}
	if err := k.prunedEpoch.Set(ctx, state.PrunedEpoch); err != nil {
		return err
	}
	pot, err := amount.NonNegative(state.Pot)
	if err != nil {
		return err
	}
	return k.pot.Set(ctx, pot)
}

func (k *Keeper) importLane(ctx context.Context, lane types.Lane) error {
	value, err := amount.NonNegative(lane.Balance)
	if err != nil {
		return err
	}
	if err := k.indexLane(ctx, lane); err != nil {
		return err
	}
	return k.storeLane(ctx, lane, value)
}

// ExportGenesis reads everything back, in order of keys.
func (k *Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	state, err := k.exportItems(ctx)
	if err != nil {
		return nil, err
	}
	err = k.deposits.Walk(ctx, nil, func(payer string, value math.Int) (bool, error) {
		state.Deposits = append(state.Deposits, &types.Deposit{Payer: payer, Balance: value.String()})
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	err = k.lanes.Walk(ctx, nil, func(id uint64, lane types.Lane) (bool, error) {
		value, err := balance(ctx, k.laneBalances, id)
		lane.Balance = value.String()
		state.Lanes = append(state.Lanes, &lane)
		return false, err
	})
	if err != nil {
		return nil, err
	}
	err = k.withdrawals.Walk(ctx, nil, func(_ uint64, withdrawal types.Withdrawal) (bool, error) {
		state.Withdrawals = append(state.Withdrawals, &withdrawal)
		return false, nil
	})
	if err != nil {
		return nil, err
	}
	return state, k.nonceChunks.Walk(ctx, nil, func(key nonceChunkKey, bits []byte) (bool, error) {
		state.NonceChunks = append(state.NonceChunks, &types.NonceChunk{Epoch: key.K1(), Lane: key.K2(), Chunk: key.K3(), Bits: bits})
		return false, nil
	})
}

func (k *Keeper) exportItems(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	layout, err := k.Layout(ctx)
	if err != nil {
		return nil, err
	}
	pot, err := k.GetPot(ctx)
	if err != nil {
		return nil, err
	}
	state := &types.GenesisState{Params: &params, Layout: &layout, Pot: pot.String()}
	for _, item := range []struct {
		from collections.Item[uint64]
		to   *uint64
	}{{k.nextLaneID, &state.NextLaneId}, {k.nextWithdrawalID, &state.NextWithdrawalId}, {k.prunedEpoch, &state.PrunedEpoch}} {
		if *item.to, err = item.from.Get(ctx); err != nil {
			return nil, err
		}
	}
	return state, nil
}
