package keeper

import (
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/ed25519x"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// spendContext is the place that a spender's root is signed for; a forced run has none.
type spendContext struct {
	term, number uint64
	forced       bool
}

// checkSpenders shows that every row was asked for by its lane's spender: by one signature over the lane's job ids of the
// block, or by each job's own (T66).
func (k *Keeper) checkSpenders(ctx sdk.Context, item string, result *checked, spend spendContext) error {
	for i := range result.body.Rows {
		facts, _ := result.lanes.get(result.body.Rows[i].Lane)
		facts.rows = append(facts.rows, i)
	}
	for i, authorisation := range result.body.Authorisations {
		name := itemAt(item, "authorisations", i)
		facts, known := result.lanes.get(authorisation.Lane)
		if !known {
			return types.ErrMalformed.Wrapf("%s: lane %d has no row", name, authorisation.Lane)
		}
		if authorisation.Each == nil && spend.forced {
			return types.ErrMalformed.Wrapf("%s: expected each job's signature in a forced run, found a root", name)
		}
		if err := checkSpender(ctx, name, result, facts, authorisation, spend); err != nil {
			return err
		}
		result.signedOne[authorisation.Lane] = authorisation.Each != nil
	}
	return nil
}

func checkSpender(
	ctx sdk.Context, name string, result *checked, facts *laneFacts, authorisation codec.LaneAuthorisation, spend spendContext,
) error {
	ids := make([]merkle.Digest, len(facts.rows))
	for i, row := range facts.rows {
		ids[i] = result.body.Rows[row].JobID(ctx.ChainID())
	}
	if authorisation.Each == nil {
		root := codec.SpendRoot(ids)
		statement := codec.SpendStatement(ctx.ChainID(), authorisation.Lane, spend.term, spend.number, uint32(len(ids)), root)
		if !ed25519x.VerifyRegistered(facts.Lane.SpenderKey, statement, authorisation.Root[:]) {
			return types.ErrSpenderSignature.Wrapf("%s: not lane %d's spender over %d jobs of block %d", name, authorisation.Lane, len(ids), spend.number)
		}
		return nil
	}
	for i, row := range facts.rows {
		statement := codec.SignJobStatement(ctx.ChainID(), ids[i], result.body.Rows[row].SettleBy)
		if !ed25519x.VerifyRegistered(facts.Lane.SpenderKey, statement, authorisation.Each[i][:]) {
			return types.ErrSpenderSignature.Wrapf("%s: not lane %d's spender over job %x", itemAt(name, "jobs", i), authorisation.Lane, ids[i])
		}
	}
	return nil
}
