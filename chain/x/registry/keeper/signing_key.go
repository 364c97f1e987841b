package keeper

import (
	"context"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// GetSigningKey returns a worker's or sequencer's key, in use or retired.
func (k *Keeper) GetSigningKey(ctx context.Context, key []byte) (types.SigningKey, bool, error) {
	return find(ctx, k.signingKeys, key)
}

// possession is a key with its own statement that an account may register it.
type possession struct {
	key       []byte
	signature []byte
	expires   uint64
}

// claimKey registers a key for an operator. A key serves once per chain, ever: its logs and headers must not become
// another's (T27).
func (k *Keeper) claimKey(ctx context.Context, operator types.Operator, claim possession) error {
	if err := types.CheckPossession(ctx, codec.Role(operator.Role), claim.key, operator.Operator, claim.signature, claim.expires); err != nil {
		return err
	}
	used, err := k.signingKeys.Has(ctx, claim.key)
	if err != nil {
		return err
	}
	isSpender, err := k.escrow.IsSpenderKey(ctx, claim.key)
	if err != nil {
		return err
	}
	if used || isSpender {
		return types.ErrKeyUsed.Wrapf("%x", claim.key)
	}
	return k.signingKeys.Set(ctx, claim.key, types.SigningKey{
		Key: claim.key, Role: operator.Role, OperatorId: operator.Id, RegisteredHeight: currentHeight(ctx),
	})
}

// rotateKey registers a new key at once and retires the old one when everything it may have signed can have settled (T64).
func (k *Keeper) rotateKey(ctx context.Context, operator types.Operator, claim possession) error {
	if err := k.claimKey(ctx, operator, claim); err != nil {
		return err
	}
	horizon, err := k.escrow.SettleByHorizon(ctx)
	if err != nil {
		return err
	}
	old, found, err := k.GetSigningKey(ctx, operator.SigningKey)
	if err != nil {
		return err
	}
	if !found {
		return types.ErrKeyUnknown.Wrapf("%x of operator %d", operator.SigningKey, operator.Id)
	}
	old.RetiredHeight = currentHeight(ctx) + horizon
	if err := k.signingKeys.Set(ctx, old.Key, old); err != nil {
		return err
	}
	operator.SigningKey = claim.key
	return k.setOperator(ctx, operator, types.ChangeKeyRotated)
}

// IsSigningKey tells whether a key belongs, or belonged, to an operator.
func (k *Keeper) IsSigningKey(ctx context.Context, key []byte) (bool, error) {
	return k.signingKeys.Has(ctx, key)
}
