package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/ed25519x"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// levelOptimistic is the only level that the chain offers yet.
const levelOptimistic = 1

// checked is a body whose every signature and sum has been verified, with what settling its rows needs.
type checked struct {
	body      codec.PostedBody
	leaves    []merkle.Digest
	root      merkle.Digest
	charges   uint64
	runs      []checkedRun
	lanes     lookups[uint64, laneFacts]
	models    lookups[merkle.Digest, registrytypes.Model]
	signedOne map[uint64]bool // lanes whose jobs carry their own signatures
}

type checkedRun struct {
	codec.PostedRun
	id  codec.LogID
	key registrytypes.SigningKey
	log types.Log
	// atCount is the head that the run itself leads to at the log's accepted count, when the run covers it.
	atCount merkle.Digest
	end     merkle.Digest
}

// checkBody verifies what bytes and append-only facts decide: docs/spec/settlement.md, acceptance steps 4 to 6. Nothing
// that others may change between signing and acceptance is looked at, so an honest body always passes (T67).
func (k *Keeper) checkBody(ctx sdk.Context, item string, body codec.PostedBody, spend spendContext) (*checked, error) {
	if err := checkLevel(item, body.Level, body.Param); err != nil {
		return nil, err
	}
	if height := uint64(ctx.BlockHeight()); body.ReferenceHeight > height {
		return nil, types.ErrReferenceHeight.Wrapf("%s: expected at most the current height %d, found %d", item, height, body.ReferenceHeight)
	}
	result := &checked{body: body, leaves: make([]merkle.Digest, len(body.Rows)), signedOne: map[uint64]bool{}}
	for i := range body.Rows {
		charges, ok := sum(result.charges, body.Rows[i].Charge)
		if !ok {
			return nil, types.ErrAmount.Wrapf("%s.rows[%d]: the charges of a block must stay below 2^64", item, i)
		}
		result.charges = charges
		result.leaves[i] = merkle.HashLeaf(body.Rows[i].Encode())
	}
	result.root = merkle.RootOfHashes(result.leaves)
	if err := k.checkRuns(ctx, item, result); err != nil {
		return nil, err
	}
	if err := k.lookUp(ctx, item, result); err != nil {
		return nil, err
	}
	return result, k.checkSpenders(ctx, item, result, spend)
}

func checkLevel(item string, level, param uint8) error {
	if level == levelOptimistic && param == 0 {
		return nil
	}
	return types.ErrLevel.Wrapf("%s: expected optimistic (1, param 0), found %s (%d, param %d)", item, codec.LevelName(level), level, param)
}

// checkRuns follows each run's hash chain and verifies the worker's signature at its end.
func (k *Keeper) checkRuns(ctx sdk.Context, item string, result *checked) error {
	at := 0
	for i, run := range result.body.Runs {
		name := itemAt(item, "runs", i)
		next := checkedRun{PostedRun: run, id: codec.LogID{
			Worker: run.Worker, Level: result.body.Level, Param: result.body.Param, Incarnation: run.Incarnation,
		}}
		key, known, err := k.registry.GetSigningKey(ctx, run.Worker[:])
		if err != nil {
			return err
		}
		if !known || key.Role != registrytypes.OperatorRole_OPERATOR_ROLE_WORKER || key.RegisteredHeight > result.body.ReferenceHeight {
			return types.ErrWorkerUnknown.Wrapf("%s: expected a worker's key registered by height %d, found %x", name, result.body.ReferenceHeight, run.Worker)
		}
		next.key = key
		if next.log, err = k.log(ctx, ctx.ChainID(), next.id); err != nil {
			return err
		}
		if run.Start > next.log.Count {
			return types.ErrLogGap.Wrapf("%s: expected a start of at most %d, found %d", name, next.log.Count, run.Start)
		}
		next.follow(result.leaves[at : at+int(run.Count)])
		statement := codec.HeadStatement(ctx.ChainID(), next.id, run.Start+uint64(run.Count), next.end)
		if !ed25519x.VerifyRegistered(run.Worker[:], statement, run.Signature[:]) {
			return types.ErrHeadSignature.Wrapf("%s: not worker %x's over head %x at count %d", name, run.Worker, next.end, run.Start+uint64(run.Count))
		}
		at += int(run.Count)
		result.runs = append(result.runs, next)
	}
	return nil
}

// follow walks the hash chain over the run's leaves and remembers the head at the log's accepted count.
func (r *checkedRun) follow(leaves []merkle.Digest) {
	head := r.PreviousHead
	for i, leaf := range leaves {
		if r.Start+uint64(i) == r.log.Count {
			r.atCount = head
		}
		head = codec.NextHead(head, leaf)
	}
	r.end = head
}

// lookUp reads each lane and model once, and refuses those that were not there at the reference height.
func (k *Keeper) lookUp(ctx context.Context, item string, result *checked) error {
	for i := range result.body.Rows {
		row := &result.body.Rows[i]
		if _, seen := result.models.get(row.Model); !seen {
			model, known, err := k.registry.GetModel(ctx, row.Model[:])
			if err != nil {
				return err
			}
			if !known || model.RegisteredHeight > result.body.ReferenceHeight {
				return types.ErrModelUnknown.Wrapf("%s: expected a model registered by height %d, found %x", itemAt(item, "rows", i), result.body.ReferenceHeight, row.Model)
			}
			result.models.set(row.Model, model)
		}
		if _, seen := result.lanes.get(row.Lane); !seen {
			lane, known, err := k.escrow.GetLane(ctx, row.Lane)
			if err != nil {
				return err
			}
			if !known || lane.RegisteredHeight > result.body.ReferenceHeight {
				return types.ErrLaneUnknown.Wrapf("%s: expected a lane opened by height %d, found %d", itemAt(item, "rows", i), result.body.ReferenceHeight, row.Lane)
			}
			result.lanes.set(row.Lane, laneFacts{Lane: lane})
		}
	}
	return nil
}
