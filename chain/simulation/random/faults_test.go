package random_test

import (
	"cosmossdk.io/math"

	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// headsOf makes a worker sign two heads of one log at one count.
func (w *world) headsOf(s situation) (made attempt[*rolluptypes.MsgReportHeadFault], id logID, found bool) {
	if id, found = randomly(s.rand(), w.logs); !found {
		return noAttempt[*rolluptypes.MsgReportHeadFault]("no worker"), id, false
	}
	from, count := s.anybody(), uint64(s.rand().Intn(100))
	log := codec.LogID{Worker: id.key, Level: codec.LevelOptimistic, Incarnation: id.incarnation}
	signed := func(first byte) *rolluptypes.HeadStatement {
		head := codec.Digest{first, byte(s.rand().Intn(256))}
		signature := w.signers[string(id.key[:])].Sign(codec.HeadStatement(testutil.ChainID, log, count, head))
		return &rolluptypes.HeadStatement{Head: head[:], Signature: signature[:]}
	}
	return attempt[*rolluptypes.MsgReportHeadFault]{from: from, message: &rolluptypes.MsgReportHeadFault{
		Reporter: from.AddressBech32, Worker: id.key[:], Level: uint32(codec.LevelOptimistic), Incarnation: id.incarnation, Count: count,
		First: signed(1), Second: signed(2),
	}}, id, true
}

// reportHeads: a key that is proved to have signed two histories is judged, once (I16).
func (w *world) reportHeads(s situation) attempt[*rolluptypes.MsgReportHeadFault] {
	made, id, found := w.headsOf(s)
	if found {
		made.refused, made.effect = w.judgement(s, id.key[:])
	}
	if convict := made.effect; convict != nil {
		made.effect = func() {
			convict()
			w.proof = made.message
		}
	}
	return made
}

// reportAgain: the last proof that was accepted, from anybody, is worth nothing more (I16).
func (w *world) reportAgain(s situation) attempt[*rolluptypes.MsgReportHeadFault] {
	if w.proof == nil {
		return noAttempt[*rolluptypes.MsgReportHeadFault]("nothing proved yet")
	}
	from, again := s.anybody(), *w.proof
	again.Reporter = from.AddressBech32
	return attempt[*rolluptypes.MsgReportHeadFault]{from: from, message: &again, refused: registrytypes.ErrAlreadyJudged}
}

// judgement is what a proof against a key must come to: a conviction that pays a part to the reporter and burns the rest,
// or, where the key was judged before, a refusal.
func (w *world) judgement(s situation, key []byte) (refused error, effect func()) {
	operator, signing := w.ownerOf(s, key)
	if signing.Convicted {
		return registrytypes.ErrAlreadyJudged, nil
	}
	supply := w.supply(s)
	return nil, func() {
		after, _ := w.ownerOf(s, key)
		w.ledger.convict(operator, after, supply.Sub(w.supply(s)))
	}
}

func (w *world) supply(s situation) math.Int {
	return w.app.BankKeeper.GetSupply(s, identity.Denom).Amount
}

// reportNoHeads: what is not proved touches nobody.
func (w *world) reportNoHeads(s situation) attempt[*rolluptypes.MsgReportHeadFault] {
	made, _, found := w.headsOf(s)
	if !found {
		return made
	}
	message := made.message
	switch s.rand().Intn(6) {
	case 0:
		message.Second = message.First
	case 1:
		flip(s.rand(), message.Second.Signature)
	case 2:
		flip(s.rand(), message.First.Head)
	case 3:
		message.Count++
	case 4:
		message.Incarnation++
	default:
		key := scenario.NewKey("a stranger").Public()
		message.Worker = key[:]
	}
	made.refused = rolluptypes.ErrEvidence
	return made
}

// headersOf makes the term's sequencer sign two headers of one number.
func (w *world) headersOf(s situation) (made attempt[*rolluptypes.MsgReportHeaderFault], term rolluptypes.Term, found bool) {
	term, err := w.app.RollupKeeper.Term.Get(s)
	if isAbsent(err) {
		return noAttempt[*rolluptypes.MsgReportHeaderFault]("no term"), term, false
	}
	w.noError(err)
	header := codec.Header{ChainID: testutil.ChainID, Term: term.Term, Number: term.AcceptedNumber + 1, Level: 1, Rows: 1, Runs: 1}
	other := header
	other.Runs, other.Rows = 2, 2
	from, key := s.anybody(), w.signers[string(term.Key)]
	first, second := key.Sign(header.Encode()), key.Sign(other.Encode())
	return attempt[*rolluptypes.MsgReportHeaderFault]{from: from, message: &rolluptypes.MsgReportHeaderFault{
		Reporter: from.AddressBech32, SequencerKey: term.Key, FirstHeader: header.Encode(), FirstSignature: first[:],
		SecondHeader: other.Encode(), SecondSignature: second[:],
	}}, term, true
}

func (w *world) reportHeaders(s situation) attempt[*rolluptypes.MsgReportHeaderFault] {
	made, term, found := w.headersOf(s)
	if found {
		made.refused, made.effect = w.judgement(s, term.Key)
	}
	return made
}

func (w *world) reportNoHeaders(s situation) attempt[*rolluptypes.MsgReportHeaderFault] {
	made, term, found := w.headersOf(s)
	if !found {
		return made
	}
	message, key := made.message, w.signers[string(term.Key)]
	resign := func(change func(*codec.Header)) {
		header, err := codec.DecodeHeader(message.SecondHeader)
		w.noError(err)
		change(&header)
		signature := key.Sign(header.Encode())
		message.SecondHeader, message.SecondSignature = header.Encode(), signature[:]
	}
	switch s.rand().Intn(5) {
	case 0:
		message.SecondHeader, message.SecondSignature = message.FirstHeader, message.FirstSignature
	case 1:
		flip(s.rand(), message.SecondSignature)
	case 2:
		resign(func(header *codec.Header) { header.Number++ })
	case 3:
		resign(func(header *codec.Header) { header.Term++ })
	default:
		resign(func(header *codec.Header) { header.ChainID = "lamina-dev-other" })
	}
	made.refused = rolluptypes.ErrEvidence
	return made
}
