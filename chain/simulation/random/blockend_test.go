package random_test

import (
	"context"
	"slices"
	"strings"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/cosmos/gogoproto/proto"

	"cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/confined"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// blockEnds hears what blocks' ends tell of. simsx delivers transactions after a block's end: their events are not here.
type blockEnds struct{ *simulated }

var _ storetypes.ABCIListener = blockEnds{}

func (b blockEnds) ListenCommit(context.Context, abci.ResponseCommit, []*storetypes.StoreKVPair) error {
	return nil
}

func (b blockEnds) ListenFinalizeBlock(ctx context.Context, request abci.RequestFinalizeBlock, response abci.ResponseFinalizeBlock) error {
	b.ledger.hear(sdk.UnwrapSDKContext(ctx), uint64(request.Height), response.Events)
	return nil
}

// work is what one block's end did.
type work struct{ settled, final, withdrawn, paidBack int }

// hear books what a block's end has done and holds it to its bounds (I23).
func (l *ledger) hear(ctx sdk.Context, height uint64, events []abci.Event) {
	var done work
	for _, event := range events {
		if event.Type == confined.EventType {
			l.tb.Fatalf("I23: height %d: work at the block's end failed: %v", height, event.Attributes)
		}
		switch told := l.parse(event).(type) {
		case *escrowtypes.EventPayment:
			l.pay(told, &done)
		case *rolluptypes.EventBlockFinal:
			done.final++
			l.finish(ctx, height, told)
		case *escrowtypes.EventDeposit:
			if told.Change == escrowtypes.ChangeWithdrawn {
				done.withdrawn++
			}
		case *registrytypes.EventOperator:
			if told.Change == registrytypes.ChangePaidBack {
				done.paidBack++
			}
		}
	}
	params, err := l.app.RollupKeeper.Params.Get(ctx)
	l.noError(err)
	most := work{int(params.FinalityEntriesPerBlock), int(params.FinalityEntriesPerBlock), escrowtypes.WithdrawalsPerBlock, registrytypes.UnbondingsPerBlock}
	if done.settled > most.settled || done.final > most.final || done.withdrawn > most.withdrawn || done.paidBack > most.paidBack {
		l.tb.Fatalf("I23: height %d: expected a block's end to do at most %+v, found %+v", height, most, done)
	}
}

// parse reads an event of ours; nil for one of the SDK's modules, which have no types.
func (l *ledger) parse(event abci.Event) proto.Message {
	if !strings.HasPrefix(event.Type, "lamina.") {
		return nil
	}
	// x/base adds in which part of the block it was.
	event.Attributes = slices.DeleteFunc(slices.Clone(event.Attributes), func(attribute abci.EventAttribute) bool { return attribute.Key == "mode" })
	message, err := sdk.ParseTypedEvent(event)
	l.noError(err)
	return message
}

// pay books a payment out of the pot. Entries are counted by workers paid and lanes refunded: never more than entries.
func (l *ledger) pay(payment *escrowtypes.EventPayment, done *work) {
	id := blockID{payment.Forced, payment.Number}
	block := l.open[id]
	if block == nil {
		l.tb.Fatalf("I5: %s of %s for block %v, which is not pending", payment.Kind, payment.Amount, id)
	}
	amount, ok := math.NewIntFromString(payment.Amount)
	if !ok || amount.IsNegative() {
		l.tb.Fatalf("I5: block %v: expected an amount, found %q", id, payment.Amount)
	}
	if block.paidOut = block.paidOut.Add(amount); block.paidOut.GT(block.debited) {
		l.tb.Fatalf("I5: block %v: %s were paid in, %s are paid out", id, block.debited, block.paidOut)
	}
	if payment.Kind == escrowtypes.PaymentWorker || payment.Kind == escrowtypes.PaymentRefund {
		done.settled++
	}
}

// finish closes a block: after its window, once, with all that was paid in paid out (I5, I10).
func (l *ledger) finish(ctx sdk.Context, height uint64, told *rolluptypes.EventBlockFinal) {
	stored := told.Record
	id := blockID{stored.Kind == rolluptypes.KindForced, stored.Number}
	block := l.open[id]
	if block == nil || l.closed[id] {
		l.tb.Fatalf("I10: block %v became final, which was not pending; final before: %v", id, l.closed[id])
	}
	window, err := l.app.RollupKeeper.ChallengeWindow(ctx)
	l.noError(err)
	if height < block.acceptedHeight+window || stored.AcceptedHeight != block.acceptedHeight || stored.FinalHeight != height {
		l.tb.Fatalf("I10: block %v accepted at %d with a window of %d became final at %d: %v", id, block.acceptedHeight, window, height, stored)
	}
	if stored.Term != block.term || stored.Rows != block.rows || stored.Debited != block.debited.Uint64() || stored.Refunded > stored.Debited {
		l.tb.Fatalf("I10: block %v: expected %+v, found %v", id, block, stored)
	}
	if !block.paidOut.Equal(block.debited) {
		l.tb.Fatalf("I5: block %v: %s were paid in, %s paid out when it closed", id, block.debited, block.paidOut)
	}
	if told.LogIndex != l.final.Size {
		l.tb.Fatalf("I10: block %v: expected record %d of the final log, found %d", id, l.final.Size, told.LogIndex)
	}
	record := codec.FinalRecord{
		Kind: uint8(stored.Kind), Term: stored.Term, Number: stored.Number, HeaderHash: merkle.Digest(stored.HeaderHash),
		RowsRoot: merkle.Digest(stored.RowsRoot), Rows: stored.Rows, Level: uint8(stored.Level), Param: uint8(stored.Param),
		AcceptedHeight: stored.AcceptedHeight, FinalHeight: stored.FinalHeight, Debited: stored.Debited, Refunded: stored.Refunded,
		ExceptionsDigest: merkle.Digest(stored.ExceptionsDigest),
	}
	l.final.Append(record.Encode())
	l.closed[id] = true
	delete(l.open, id)
}
