package keeper

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// InitGenesis writes a state that Validate has accepted. Coins are the bank's: the module account must hold the bonds (I3).
func (k *Keeper) InitGenesis(ctx context.Context, state *types.GenesisState) error {
	if err := state.Validate(); err != nil {
		return err
	}
	// The window and horizon are other modules' and may come later: they check themselves against these parameters.
	if err := k.params.Set(ctx, *state.Params); err != nil {
		return err
	}
	if err := k.nextOperatorID.Set(ctx, state.NextOperatorId); err != nil {
		return err
	}
	for _, operator := range state.Operators {
		if err := k.importOperator(ctx, *operator); err != nil {
			return fmt.Errorf("import operator %d: %w", operator.Id, err)
		}
	}
	for _, key := range state.SigningKeys {
		if err := k.signingKeys.Set(ctx, key.Key, *key); err != nil {
			return err
		}
	}
	for _, model := range state.Models {
		if err := k.models.Set(ctx, model.ModelId, *model); err != nil {
			return err
		}
	}
	for _, version := range state.Versions {
		if err := k.setVersion(ctx, *version); err != nil {
			return err
		}
	}
	return k.CheckInvariants(ctx)
}

func (k *Keeper) importOperator(ctx context.Context, operator types.Operator) error {
	debt, err := amount.NonNegative(operator.Debt)
	if err != nil {
		return err
	}
	open, err := amount.NonNegative(operator.OpenValue)
	if err != nil {
		return err
	}
	if err := setBalance(ctx, k.debts, operator.Id, debt); err != nil {
		return err
	}
	if err := setBalance(ctx, k.openValues, operator.Id, open); err != nil {
		return err
	}
	if err := k.indexOperator(ctx, operator); err != nil {
		return err
	}
	operator.Debt, operator.OpenValue = "", ""
	return k.operators.Set(ctx, operator.Id, operator)
}

// indexOperator rebuilds what follows from the operators: who an account's operator is, and which bonds are to be paid back.
func (k *Keeper) indexOperator(ctx context.Context, operator types.Operator) error {
	account := collections.Join(operator.Operator, int32(operator.Role))
	previous, found, err := find(ctx, k.operatorsByAccount, account)
	if err != nil {
		return err
	}
	if !found || previous < operator.Id {
		if err := k.operatorsByAccount.Set(ctx, account, operator.Id); err != nil {
			return err
		}
	}
	if !types.IsUnbonding(operator) {
		return nil
	}
	return k.unbonding.Set(ctx, collections.Join(operator.UnbondingEnds, operator.Id))
}

// ExportGenesis reads everything back, in order of keys.
func (k *Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return nil, err
	}
	state := &types.GenesisState{Params: &params}
	if state.NextOperatorId, err = k.nextOperatorID.Get(ctx); err != nil {
		return nil, err
	}
	err = k.operators.Walk(ctx, nil, func(_ uint64, operator types.Operator) (bool, error) {
		state.Operators = append(state.Operators, &operator)
		return false, k.fillBalances(ctx, &operator)
	})
	if err != nil {
		return nil, err
	}
	if err := appendAll(ctx, k.signingKeys, &state.SigningKeys); err != nil {
		return nil, err
	}
	if err := appendAll(ctx, k.models, &state.Models); err != nil {
		return nil, err
	}
	return state, appendAll(ctx, k.versions, &state.Versions)
}

func appendAll[K, V any](ctx context.Context, items collections.Map[K, V], all *[]*V) error {
	return items.Walk(ctx, nil, func(_ K, item V) (bool, error) {
		*all = append(*all, &item)
		return false, nil
	})
}
