package keeper_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// A batch that is wrong by its bytes is refused whole, with the first bad item named and nothing changed.
func TestAMalformedBatchIsRejectedWhole(t *testing.T) {
	cases := []struct {
		name  string
		err   error
		named string
		spoil func(s *stage, batch *codec.Batch)
	}{
		{"another term", rolluptypes.ErrTerm, "batch.term: expected 1, found 2", func(_ *stage, b *codec.Batch) { b.Term = 2 }},
		{"a number skipped", rolluptypes.ErrParent, "batch.first_number: expected 1, found 2", func(_ *stage, b *codec.Batch) { b.FirstNumber = 2 }},
		{"another parent", rolluptypes.ErrParent, "batch.parent", func(_ *stage, b *codec.Batch) { b.Parent[0] ^= 1 }},
		{"a level not offered", rolluptypes.ErrLevel, "batch.blocks[1]: expected optimistic (1, param 0), found quorum (2, param 0)", func(_ *stage, b *codec.Batch) { b.Blocks[1].Level = 2 }},
		{"a param of optimistic", rolluptypes.ErrLevel, "param 1", func(_ *stage, b *codec.Batch) { b.Blocks[0].Param = 1 }},
		{"a reference height to come", rolluptypes.ErrReferenceHeight, "batch.blocks[1]", func(_ *stage, b *codec.Batch) { b.Blocks[1].ReferenceHeight += 100 }},
		{"a reference height that falls", rolluptypes.ErrReferenceHeight, "batch.blocks[1]: expected at least the block's before", func(s *stage, b *codec.Batch) { b.Blocks[1].ReferenceHeight-- }},
		{"another root", rolluptypes.ErrHeaderMismatch, "batch.blocks[0].rows_root", func(_ *stage, b *codec.Batch) { b.Blocks[0].RowsRoot[3] ^= 1 }},
		{"another sum", rolluptypes.ErrHeaderMismatch, "batch.blocks[1].charges", func(_ *stage, b *codec.Batch) { b.Blocks[1].Charges++ }},
		{"another header signature", rolluptypes.ErrHeaderSignature, "batch.blocks[0]", func(_ *stage, b *codec.Batch) { b.Blocks[0].Signature[1] ^= 1 }},
		{"a worker nobody registered", rolluptypes.ErrWorkerUnknown, "batch.blocks[0].runs[0]", func(_ *stage, b *codec.Batch) {
			b.Blocks[0].Runs[0].Worker = scenario.NewKey("nobody").Public()
		}},
		{"a sequencer's key as worker", rolluptypes.ErrWorkerUnknown, "batch.blocks[0].runs[0]", func(s *stage, b *codec.Batch) {
			b.Blocks[0].Runs[0].Worker = s.sequencer.Key.Public()
		}},
		{"a gap in the log", rolluptypes.ErrLogGap, "batch.blocks[0].runs[0]: expected a start of at most 0, found 1", func(_ *stage, b *codec.Batch) { b.Blocks[0].Runs[0].Start = 1 }},
		{"another head before", rolluptypes.ErrHeadSignature, "batch.blocks[0].runs[0]", func(_ *stage, b *codec.Batch) { b.Blocks[0].Runs[0].PreviousHead[0] ^= 1 }},
		{"another head signature", rolluptypes.ErrHeadSignature, "batch.blocks[1].runs[0]", func(_ *stage, b *codec.Batch) { b.Blocks[1].Runs[0].Signature[9] ^= 1 }},
		{"another output", rolluptypes.ErrHeadSignature, "batch.blocks[0].runs[0]", func(_ *stage, b *codec.Batch) { b.Blocks[0].Rows[1].Output[0] ^= 1 }},
		{"another nonce", rolluptypes.ErrHeadSignature, "batch.blocks[0].runs[0]", func(_ *stage, b *codec.Batch) { b.Blocks[0].Rows[1].Nonce++ }},
		{"another spender signature", rolluptypes.ErrSpenderSignature, "batch.blocks[0].authorisations[0]", func(_ *stage, b *codec.Batch) { b.Blocks[0].Authorisations[0].Root[5] ^= 1 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			batch := codec.Batch{Term: 1, FirstNumber: 1, Parent: codec.GenesisParent(testutil.ChainID)}
			for range 2 {
				batch.Blocks = append(batch.Blocks, s.Seal(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 2)...)))
			}
			c.spoil(s, &batch)
			result := s.MustFail(s.sequencer.Account, c.err, &rolluptypes.MsgSubmitBatch{Submitter: s.sequencer.Account.String(), Batch: batch.Encode()})
			require.Contains(t, result.Log, c.named)
			require.Zero(t, s.term().AcceptedNumber)
		})
	}
}

func TestABatchOfUndecodableBytesIsRejected(t *testing.T) {
	s := newStage(t)
	block := s.Seal(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 2)...))
	valid := s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block).Batch
	for name, raw := range map[string][]byte{
		"empty": {}, "truncated": valid[:len(valid)-1], "trailing": append(bytes.Clone(valid), 0), "another version": append([]byte{2}, valid[1:]...),
	} {
		t.Run(name, func(t *testing.T) {
			s.MustFail(s.sequencer.Account, rolluptypes.ErrMalformed, &rolluptypes.MsgSubmitBatch{Submitter: s.sequencer.Account.String(), Batch: raw})
		})
	}
	s.MustFail(s.sequencer.Account, rolluptypes.ErrTooLarge, &rolluptypes.MsgSubmitBatch{
		Submitter: s.sequencer.Account.String(), Batch: make([]byte, 1_500_001)})
}

// Every forged field of a row is caught by a signature of who would have to have asked for it, or made it (T27, T66).
func TestRowsNamingAPayerWhoNeverAskedAreRejected(t *testing.T) {
	s := newStage(t)
	victim := s.Lane("victim")
	row := scenario.Answer(s.Job(s.worker, s.lane))
	row.Lane = victim.ID
	run := s.worker.Run(row)
	block := s.Seal(s.sequencer, []*scenario.Lane{{ID: victim.ID, Payer: victim.Payer, Spender: s.lane.Spender}}, run)
	s.MustFail(s.sequencer.Account, rolluptypes.ErrSpenderSignature, s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block))
}

func TestEveryMessageIsRefusedFromAWrongSigner(t *testing.T) {
	s := newStage(t)
	stranger := s.Account("stranger")
	worker := s.worker.Key.Public()
	block := s.Seal(s.sequencer, s.lanes(), s.worker.Run(s.Rows(s.worker, s.lane, 1)...))
	batch := s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block)
	batch.Submitter = stranger.String()
	s.MustFail(stranger, rolluptypes.ErrUnauthorized, batch)
	s.MustFail(stranger, rolluptypes.ErrUnauthorized, &rolluptypes.MsgNewIncarnation{Operator: stranger.String(), Worker: worker[:]})
	s.MustFail(stranger, rolluptypes.ErrUnauthorized, &rolluptypes.MsgUpdateParams{Authority: stranger.String(), Params: rolluptypes.DefaultParams()})
	take := s.take(s.sequencer)
	take.Operator = stranger.String()
	s.MustFail(stranger, rolluptypes.ErrOperator, take)
}

// What a sequencer signed before others changed state is never rejected, in whatever order things land (T67).
func TestInterleavingsNeverRejectAnHonestBatch(t *testing.T) {
	happenings := map[string]func(s *stage, first scenario.Run){
		"forced in": func(s *stage, first scenario.Run) {
			forcer := s.Account("anybody")
			s.MustDeliver(forcer, s.Force(forcer, s.lanes(), first))
		},
		"jailed":        jail,
		"price changed": changePrice,
		"lane revoked":  revokeLane,
		"withdrawn":     withdraw,
		"key rotated":   rotateKey,
		"unbonding":     unbond,
		"new incarnation": func(s *stage, _ scenario.Run) {
			worker := s.worker.Key.Public()
			s.MustDeliver(s.worker.Account, &rolluptypes.MsgNewIncarnation{Operator: s.worker.Account.String(), Worker: worker[:]})
		},
	}
	names := []string{"forced in", "jailed", "price changed", "lane revoked", "withdrawn", "key rotated", "unbonding", "new incarnation"}
	for _, one := range names {
		for _, other := range names {
			if one == other {
				continue
			}
			t.Run(one+", "+other, func(t *testing.T) {
				s := newStage(t)
				first := s.worker.Run(s.Rows(s.worker, s.lane, 2)...)
				second := s.worker.Run(s.Rows(s.worker, s.lane, 2)...)
				block := s.Seal(s.sequencer, s.lanes(), scenario.Join(first, second))
				happenings[one](s, first)
				happenings[other](s, first)
				s.MustDeliver(s.sequencer.Account, s.Batch(s.sequencer, 1, codec.GenesisParent(testutil.ChainID), block))
				s.Advance(14)
				require.EqualValues(t, 1, s.term().AcceptedNumber)
			})
		}
	}
}
