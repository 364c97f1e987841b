package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"
	"cosmossdk.io/math"

	chaincodec "github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

// GetLane returns a lane, its balance filled in.
func (k *Keeper) GetLane(ctx context.Context, id uint64) (types.Lane, bool, error) {
	lane, found, err := find(ctx, k.lanes, id)
	if err != nil || !found {
		return types.Lane{}, false, err
	}
	value, err := balance(ctx, k.laneBalances, id)
	if err != nil {
		return types.Lane{}, false, err
	}
	lane.Balance = value.String()
	return lane, true, nil
}

// laneOf is GetLane for messages of the lane's payer.
func (k *Keeper) laneOf(ctx context.Context, payer string, id uint64) (types.Lane, error) {
	lane, err := k.openLaneByID(ctx, id)
	if err != nil {
		return types.Lane{}, err
	}
	if lane.Payer != payer {
		return types.Lane{}, types.ErrUnauthorized.Wrapf("lane %d: expected %s, found %s", id, lane.Payer, payer)
	}
	return lane, nil
}

func (k *Keeper) openLaneByID(ctx context.Context, id uint64) (types.Lane, error) {
	lane, found, err := k.GetLane(ctx, id)
	if err != nil {
		return types.Lane{}, err
	}
	if !found {
		return types.Lane{}, types.ErrLaneUnknown.Wrapf("id %d", id)
	}
	if lane.Closed {
		return types.Lane{}, types.ErrLaneClosed.Wrapf("id %d", id)
	}
	return lane, nil
}

// IsSpenderKey tells whether a key is, or was, a lane's spender.
func (k *Keeper) IsSpenderKey(ctx context.Context, key []byte) (bool, error) {
	return k.spenderKeys.Has(ctx, key)
}

// openLane moves limit from the payer's deposit into a new lane for a spender key that serves nothing else.
func (k *Keeper) openLane(ctx context.Context, message *types.MsgOpenLane, limit math.Int) (types.Lane, error) {
	if err := k.checkNewLane(ctx, message); err != nil {
		return types.Lane{}, err
	}
	if err := k.checkSpenderKey(ctx, message); err != nil {
		return types.Lane{}, err
	}
	if err := k.takeDeposit(ctx, message.Payer, limit); err != nil {
		return types.Lane{}, err
	}
	id, err := k.nextLaneID.Get(ctx)
	if err != nil {
		return types.Lane{}, fmt.Errorf("read the next lane id: %w", err)
	}
	if err := k.nextLaneID.Set(ctx, id+1); err != nil {
		return types.Lane{}, err
	}
	lane := types.Lane{
		Id: id, Payer: message.Payer, SpenderKey: message.SpenderKey, Balance: limit.String(), EndHeight: message.EndHeight,
		Models: message.Models, Levels: message.Levels, RegisteredHeight: currentHeight(ctx),
	}
	if err := k.indexLane(ctx, lane); err != nil {
		return types.Lane{}, err
	}
	return lane, k.setLane(ctx, lane, limit, types.ChangeOpened)
}

func (k *Keeper) checkNewLane(ctx context.Context, message *types.MsgOpenLane) error {
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	if err := types.CheckTerms(message.Models, message.Levels, int(params.LaneModelsMax)); err != nil {
		return err
	}
	if height := currentHeight(ctx); message.EndHeight <= height {
		return types.ErrLaneEnd.Wrapf("end_height: expected more than %d, found %d", height, message.EndHeight)
	}
	return nil
}

// checkSpenderKey wants a key that proves itself and was never registered before, as spender or operator (T27).
func (k *Keeper) checkSpenderKey(ctx context.Context, message *types.MsgOpenLane) error {
	err := registrytypes.CheckPossession(ctx, chaincodec.RoleSpender, message.SpenderKey, message.Payer, message.Possession, message.PossessionExpires)
	if err != nil {
		return err
	}
	isSpender, err := k.IsSpenderKey(ctx, message.SpenderKey)
	if err != nil {
		return err
	}
	isOperator, err := k.registry.IsSigningKey(ctx, message.SpenderKey)
	if err != nil {
		return err
	}
	if isSpender || isOperator {
		return types.ErrKeyUsed.Wrapf("%x", message.SpenderKey)
	}
	return nil
}

func (k *Keeper) indexLane(ctx context.Context, lane types.Lane) error {
	if err := k.spenderKeys.Set(ctx, lane.SpenderKey, lane.Id); err != nil {
		return err
	}
	return k.lanesByPayer.Set(ctx, collections.Join(lane.Payer, lane.Id))
}

// setLane stores a lane and tells of the change. Its balance lives beside it, where a row may change it cheaply.
func (k *Keeper) setLane(ctx context.Context, lane types.Lane, value math.Int, change string) error {
	if err := k.storeLane(ctx, lane, value); err != nil {
		return err
	}
	lane.Balance = value.String()
	return emit(ctx, &types.EventLane{Lane: &lane, Change: change})
}

func (k *Keeper) storeLane(ctx context.Context, lane types.Lane, value math.Int) error {
	lane.Balance = ""
	if err := k.lanes.Set(ctx, lane.Id, lane); err != nil {
		return err
	}
	return setBalance(ctx, k.laneBalances, lane.Id, value)
}

// topUpLane moves more of the payer's deposit into a lane that can still spend it.
func (k *Keeper) topUpLane(ctx context.Context, lane types.Lane, added math.Int) error {
	if height := currentHeight(ctx); lane.EndHeight < height {
		return types.ErrLaneEnd.Wrapf("lane %d: expected an end of at least height %d, found %d", lane.Id, height, lane.EndHeight)
	}
	if err := k.takeDeposit(ctx, lane.Payer, added); err != nil {
		return err
	}
	value, err := balance(ctx, k.laneBalances, lane.Id)
	if err != nil {
		return err
	}
	return k.setLane(ctx, lane, value.Add(added), types.ChangeToppedUp)
}

// revokeLane brings the end near: what is signed already can still settle, nothing with a longer life can (T68).
func (k *Keeper) revokeLane(ctx context.Context, lane types.Lane) (uint64, error) {
	if lane.Revoked {
		return lane.EndHeight, nil
	}
	horizon, err := k.SettleByHorizon(ctx)
	if err != nil {
		return 0, err
	}
	lane.Revoked, lane.EndHeight = true, min(lane.EndHeight, currentHeight(ctx)+horizon)
	value, err := balance(ctx, k.laneBalances, lane.Id)
	if err != nil {
		return 0, err
	}
	return lane.EndHeight, k.setLane(ctx, lane, value, types.ChangeRevoked)
}

// closeLane returns the rest to the payer's deposit: after the end by the payer, lane_grace later by anybody.
func (k *Keeper) closeLane(ctx context.Context, lane types.Lane, sender string) (math.Int, error) {
	closable := lane.EndHeight
	if sender != lane.Payer {
		params, err := k.GetParams(ctx)
		if err != nil {
			return math.Int{}, err
		}
		closable = lane.EndHeight + params.LaneGrace
	}
	if height := currentHeight(ctx); height <= closable || closable < lane.EndHeight {
		return math.Int{}, types.ErrLaneEnd.Wrapf("lane %d: expected a height above %d, found %d", lane.Id, closable, height)
	}
	rest, err := balance(ctx, k.laneBalances, lane.Id)
	if err != nil {
		return math.Int{}, err
	}
	if err := k.addDeposit(ctx, lane.Payer, rest); err != nil {
		return math.Int{}, err
	}
	lane.Closed = true
	return rest, k.setLane(ctx, lane, math.ZeroInt(), types.ChangeClosed)
}
