package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// newIncarnation lets a worker that lost its disk start a log anew, after a delay in which what it signed before can settle.
func (k *Keeper) newIncarnation(ctx sdk.Context, message *types.MsgNewIncarnation) (uint32, uint64, error) {
	key, known, err := k.registry.GetSigningKey(ctx, message.Worker)
	if err != nil {
		return 0, 0, err
	}
	if !known || key.Role != registrytypes.OperatorRole_OPERATOR_ROLE_WORKER {
		return 0, 0, types.ErrWorkerUnknown.Wrapf("expected a worker's registered key, found %x", message.Worker)
	}
	operator, known, err := k.registry.GetOperator(ctx, key.OperatorId)
	if err != nil {
		return 0, 0, err
	}
	if !known || operator.Operator != message.Operator {
		return 0, 0, types.ErrUnauthorized.Wrapf("expected the key's operator %s, found %s", operator.Operator, message.Operator)
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return 0, 0, err
	}
	next, err := k.nextIncarnation(ctx, message.Worker, uint64(ctx.BlockHeight()), params.IncarnationDelay)
	if err != nil {
		return 0, 0, err
	}
	if err := k.Incarnations.Set(ctx, message.Worker, next); err != nil {
		return 0, 0, err
	}
	return next.Current + 1, next.NextOpens, ctx.EventManager().EmitTypedEvent(&types.EventIncarnation{
		Worker: message.Worker, Incarnation: next.Current + 1, Opens: next.NextOpens,
	})
}

func (k *Keeper) nextIncarnation(ctx context.Context, worker []byte, height, delay uint64) (types.Incarnation, error) {
	stored, err := k.Incarnations.Get(ctx, worker)
	if err := ignoreNotFound(err); err != nil {
		return stored, err
	}
	if stored.NextOpens > height {
		return stored, types.ErrIncarnation.Wrapf("incarnation %d is on its way, opens at height %d", stored.Current+1, stored.NextOpens)
	}
	current, err := k.incarnation(ctx, worker, height)
	if err != nil {
		return stored, err
	}
	if current == ^uint32(0) {
		return stored, types.ErrIncarnation.Wrap("incarnations are used up: rotate the key")
	}
	return types.Incarnation{Worker: worker, Current: current, NextOpens: height + delay}, nil
}
