package keeper

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// term gives the current term; before the first sequencer it is term 0, which nobody holds.
func (k *Keeper) term(ctx sdk.Context) (types.Term, error) {
	term, err := k.Term.Get(ctx)
	if !errors.Is(err, collections.ErrNotFound) {
		return term, err
	}
	parent := codec.GenesisParent(ctx.ChainID())
	return types.Term{AcceptedHash: parent[:]}, nil
}

// AfterSequencerRegistered gives the first sequencer term 1.
func (k *Keeper) AfterSequencerRegistered(ctx context.Context, operator registrytypes.Operator) error {
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	term, err := k.term(sdkCtx)
	if err != nil || term.Term != 0 {
		return err
	}
	return k.startTerm(sdkCtx, term, operator, "first sequencer")
}

// takeTerm hands the term to another bonded sequencer when the current one is out or leaves a log unserved, and to the
// same one under a key to which it has rotated.
func (k *Keeper) takeTerm(ctx sdk.Context, message *types.MsgTakeTerm) error {
	operator, known, err := k.registry.GetOperatorByAccount(ctx, message.Operator, registrytypes.OperatorRole_OPERATOR_ROLE_SEQUENCER)
	if err != nil {
		return err
	}
	if !known || operator.Status != registrytypes.OperatorStatus_OPERATOR_STATUS_ACTIVE {
		return types.ErrOperator.Wrapf("expected an active sequencer, found %s", describeOperator(known, operator))
	}
	term, err := k.term(ctx)
	if err != nil {
		return err
	}
	if err := checkClaim(term, message); err != nil {
		return err
	}
	if term.OperatorId == operator.Id {
		return k.renewTerm(ctx, term, operator)
	}
	reason, err := k.takeoverReason(ctx, term)
	if err != nil {
		return err
	}
	return k.startTerm(ctx, term, operator, reason)
}

// renewTerm gives a sequencer that has rotated its key (T64) a term under the new one: headers of one term have one key,
// so that two of them are one proof. The time for unserved logs runs on.
func (k *Keeper) renewTerm(ctx sdk.Context, term types.Term, operator registrytypes.Operator) error {
	if bytes.Equal(term.Key, operator.SigningKey) {
		return types.ErrTakeover.Wrapf("operator %d holds term %d already, under the same key", operator.Id, term.Term)
	}
	return k.setTerm(ctx, nextTerm(term, operator, term.StartedHeight), "key rotated")
}

func describeOperator(known bool, operator registrytypes.Operator) string {
	if !known {
		return "none"
	}
	return fmt.Sprintf("operator %d, %s", operator.Id, operator.Status)
}

// checkClaim makes the taker name what it builds on: what the old term signed and did not submit is dead.
func checkClaim(term types.Term, message *types.MsgTakeTerm) error {
	switch {
	case message.Term != term.Term+1:
		return types.ErrTerm.Wrapf("term: expected %d, found %d", term.Term+1, message.Term)
	case message.AcceptedNumber != term.AcceptedNumber:
		return types.ErrParent.Wrapf("accepted_number: expected %d, found %d", term.AcceptedNumber, message.AcceptedNumber)
	case string(message.AcceptedHash) != string(term.AcceptedHash):
		return types.ErrParent.Wrapf("accepted_hash: expected %x, found %x", term.AcceptedHash, message.AcceptedHash)
	}
	return nil
}

// takeoverReason says why the term is open, or refuses. Source: docs/spec/settlement.md, Terms.
func (k *Keeper) takeoverReason(ctx sdk.Context, term types.Term) (string, error) {
	holder, known, err := k.registry.GetOperator(ctx, term.OperatorId)
	if err != nil {
		return "", err
	}
	if !known || holder.Status != registrytypes.OperatorStatus_OPERATOR_STATUS_ACTIVE && holder.Status != registrytypes.OperatorStatus_OPERATOR_STATUS_PAUSED {
		return "sequencer is out", nil
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return "", err
	}
	overdue, err := k.isOverdue(ctx, term, uint64(ctx.BlockHeight()), params.TakeoverHeights)
	if err != nil {
		return "", err
	}
	if !overdue {
		return "", types.ErrTakeover.Wrapf("term %d's sequencer is %s and no forced run has waited %d heights", term.Term, holder.Status, params.TakeoverHeights)
	}
	return "forced run unserved", nil
}

func (k *Keeper) startTerm(ctx sdk.Context, before types.Term, operator registrytypes.Operator, reason string) error {
	return k.setTerm(ctx, nextTerm(before, operator, uint64(ctx.BlockHeight())), reason)
}

func nextTerm(before types.Term, operator registrytypes.Operator, started uint64) types.Term {
	term := before
	term.Term, term.OperatorId, term.Key = before.Term+1, operator.Id, operator.SigningKey
	term.Operator, term.StartedHeight = operator.Operator, started
	return term
}

func (k *Keeper) setTerm(ctx sdk.Context, term types.Term, reason string) error {
	if err := k.Term.Set(ctx, term); err != nil {
		return err
	}
	return ctx.EventManager().EmitTypedEvent(&types.EventTerm{Term: &term, Reason: reason})
}
