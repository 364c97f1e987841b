package keeper

import (
	"context"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/amount"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// Convict judges the owner of a key whose fault the caller has proved: it is out for ever, its bond is slashed, the
// reporter gets its share and the rest is burnt (I16). A key is judged once; later reports fail with ErrAlreadyJudged.
func (k *Keeper) Convict(ctx context.Context, key []byte, reporter sdk.AccAddress, fault string) (math.Int, error) {
	signingKey, found, err := k.GetSigningKey(ctx, key)
	if err != nil {
		return math.Int{}, err
	}
	if !found {
		return math.Int{}, types.ErrKeyUnknown.Wrapf("%x", key)
	}
	if signingKey.Convicted {
		return math.Int{}, types.ErrAlreadyJudged.Wrapf("%x of operator %d", key, signingKey.OperatorId)
	}
	operator, found, err := k.GetOperator(ctx, signingKey.OperatorId)
	if err != nil {
		return math.Int{}, err
	}
	if !found {
		return math.Int{}, types.ErrOperatorUnknown.Wrapf("id %d", signingKey.OperatorId)
	}
	signingKey.Convicted = true
	if err := k.signingKeys.Set(ctx, key, signingKey); err != nil {
		return math.Int{}, err
	}
	return k.slash(ctx, operator, reporter, fault)
}

// slash takes equivocation_slash_bps of the bond. slashed = reward + burnt, to the last unit (I5).
func (k *Keeper) slash(ctx context.Context, operator types.Operator, reporter sdk.AccAddress, fault string) (math.Int, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return math.Int{}, err
	}
	bond, err := amount.NonNegative(operator.Bond)
	if err != nil {
		return math.Int{}, err
	}
	slashed := amount.Share(bond, params.EquivocationSlashBps)
	reward := amount.Share(slashed, params.ReporterBps)
	burnt := slashed.Sub(reward)
	if burnt.IsPositive() {
		if err := k.bank.BurnCoins(ctx, types.ModuleName, amount.Coins(burnt)); err != nil {
			return math.Int{}, err
		}
	}
	if reward.IsPositive() {
		if err := k.bank.SendCoins(ctx, k.accounts.GetModuleAddress(types.ModuleName), reporter, amount.Coins(reward)); err != nil {
			return math.Int{}, err
		}
	}
	operator.Bond = bond.Sub(slashed).String()
	operator.Status = types.OperatorStatus_OPERATOR_STATUS_CONVICTED
	if err := k.setOperator(ctx, operator, types.ChangeConvicted); err != nil {
		return math.Int{}, err
	}
	return reward, k.emitSlash(ctx, operator.Id, slashed, burnt, reward, reporter, fault)
}

func (k *Keeper) emitSlash(ctx context.Context, operatorID uint64, slashed, burnt, reward math.Int, reporter sdk.AccAddress, fault string) error {
	text, err := k.accounts.AddressCodec().BytesToString(reporter)
	if err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSlash{
		OperatorId: operatorID, Slashed: slashed.String(), Burnt: burnt.String(), Reward: reward.String(), Reporter: text, Fault: fault,
	})
}
