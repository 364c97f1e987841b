package types

import (
	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/codec/ed25519x"
)

// DefaultGenesis is an empty escrow.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), Layout: DefaultLayout(), NextLaneId: 1, NextWithdrawalId: 1, Pot: "0"}
}

// Validate checks what can be checked without state; it stops at the first fault and names it. Lists stand in the order
// in which export writes them.
func (g *GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if err := g.Layout.Validate(); err != nil {
		return err
	}
	if _, err := amount.NonNegative(g.Pot); err != nil {
		return ErrGenesis.Wrapf("pot: %s", err)
	}
	if g.NextLaneId == 0 || g.NextWithdrawalId == 0 {
		return ErrGenesis.Wrap("next_lane_id, next_withdrawal_id: expected at least 1, found 0")
	}
	if err := g.validateDeposits(); err != nil {
		return err
	}
	if err := g.validateLanes(); err != nil {
		return err
	}
	if err := g.validateWithdrawals(); err != nil {
		return err
	}
	return g.validateNonces()
}

func (g *GenesisState) validateDeposits() error {
	for index, deposit := range g.Deposits {
		if _, err := amount.Positive(deposit.GetBalance()); err != nil {
			return ErrGenesis.Wrapf("deposits[%d]: %s", index, err)
		}
		if index > 0 && deposit.Payer <= g.Deposits[index-1].Payer {
			return ErrGenesis.Wrapf("deposits[%d]: expected ascending payers", index)
		}
	}
	return nil
}

func (g *GenesisState) validateLanes() error {
	keys, last := make(map[string]bool, len(g.Lanes)), uint64(0)
	for index, lane := range g.Lanes {
		if lane.GetId() <= last || lane.Id >= g.NextLaneId {
			return ErrGenesis.Wrapf("lanes[%d]: expected ascending ids from 1 below next_lane_id %d, found %d", index, g.NextLaneId, lane.GetId())
		}
		balance, err := amount.NonNegative(lane.Balance)
		if err != nil {
			return ErrGenesis.Wrapf("lanes[%d]: %s", index, err)
		}
		if lane.Closed && balance.IsPositive() {
			return ErrGenesis.Wrapf("lanes[%d]: expected a closed lane to be empty, found %s", index, balance)
		}
		if problem := ed25519x.PublicKeyProblem(lane.SpenderKey); problem != "" || keys[string(lane.SpenderKey)] {
			return ErrGenesis.Wrapf("lanes[%d]: expected a spender key of its own, found %x: %s", index, lane.SpenderKey, problem)
		}
		if err := CheckTerms(lane.Models, lane.Levels, len(lane.Models)); err != nil {
			return ErrGenesis.Wrapf("lanes[%d]: %s", index, err)
		}
		keys[string(lane.SpenderKey)], last = true, lane.Id
	}
	return nil
}

func (g *GenesisState) validateWithdrawals() error {
	last := uint64(0)
	for index, withdrawal := range g.Withdrawals {
		if withdrawal.GetId() <= last || withdrawal.Id >= g.NextWithdrawalId {
			return ErrGenesis.Wrapf("withdrawals[%d]: expected ascending ids below next_withdrawal_id %d, found %d", index, g.NextWithdrawalId, withdrawal.GetId())
		}
		if _, err := amount.Positive(withdrawal.Amount); err != nil {
			return ErrGenesis.Wrapf("withdrawals[%d]: %s", index, err)
		}
		last = withdrawal.Id
	}
	return nil
}

func (g *GenesisState) validateNonces() error {
	for index, chunk := range g.NonceChunks {
		isInside := chunk != nil && chunk.Epoch >= g.PrunedEpoch && chunk.Lane < g.NextLaneId &&
			uint64(chunk.Chunk)*NoncesPerChunk < g.Layout.NoncesPerEpoch && len(chunk.Bits) == NonceChunkBytes
		if !isInside {
			return ErrGenesis.Wrapf("nonce_chunks[%d]: expected a lane's %d bytes of an epoch from %d on", index, NonceChunkBytes, g.PrunedEpoch)
		}
	}
	return nil
}
