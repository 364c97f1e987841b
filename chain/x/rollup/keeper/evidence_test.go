package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

func signedHead(key scenario.Key, chainID string, count uint64, head codec.Digest) *rolluptypes.HeadStatement {
	log := codec.LogID{Worker: key.Public(), Level: codec.LevelOptimistic}
	signature := key.Sign(codec.HeadStatement(chainID, log, count, head))
	return &rolluptypes.HeadStatement{Head: head[:], Signature: signature[:]}
}

// Two heads convict only when both are signed, by the named key, for this chain, log and count (I16, I32).
func TestEvidenceOfAHeadFaultMustProveIt(t *testing.T) {
	s := newStage(t)
	reporter := s.Account("reporter")
	key, one, two := s.worker.Key.Public(), codec.Digest{1}, codec.Digest{2}
	good := func() *rolluptypes.MsgReportHeadFault {
		return &rolluptypes.MsgReportHeadFault{
			Reporter: reporter.String(), Worker: key[:], Level: 1, Count: 7,
			First: signedHead(s.worker.Key, testutil.ChainID, 7, one), Second: signedHead(s.worker.Key, testutil.ChainID, 7, two),
		}
	}
	cases := map[string]func(*rolluptypes.MsgReportHeadFault){
		"one head twice":      func(m *rolluptypes.MsgReportHeadFault) { m.Second = m.First },
		"no first head":       func(m *rolluptypes.MsgReportHeadFault) { m.First = nil },
		"no second head":      func(m *rolluptypes.MsgReportHeadFault) { m.Second = nil },
		"the first unsigned":  func(m *rolluptypes.MsgReportHeadFault) { m.First.Signature = make([]byte, 64) },
		"the second unsigned": func(m *rolluptypes.MsgReportHeadFault) { m.Second.Signature = nil },
		"the second of a stranger": func(m *rolluptypes.MsgReportHeadFault) {
			m.Second = signedHead(scenario.NewKey("x"), testutil.ChainID, 7, two)
		},
		"the second at another count": func(m *rolluptypes.MsgReportHeadFault) {
			m.Second = signedHead(s.worker.Key, testutil.ChainID, 8, two)
		},
		"the second of another chain": func(m *rolluptypes.MsgReportHeadFault) {
			m.Second = signedHead(s.worker.Key, "lamina-dev-other", 7, two)
		},
		"another incarnation":    func(m *rolluptypes.MsgReportHeadFault) { m.Incarnation = 1 },
		"another level":          func(m *rolluptypes.MsgReportHeadFault) { m.Level = 2 },
		"a level of two bytes":   func(m *rolluptypes.MsgReportHeadFault) { m.Level = 257 },
		"a param of two bytes":   func(m *rolluptypes.MsgReportHeadFault) { m.Param = 256 },
		"a worker of 31 bytes":   func(m *rolluptypes.MsgReportHeadFault) { m.Worker = m.Worker[1:] },
		"a worker of no bytes":   func(m *rolluptypes.MsgReportHeadFault) { m.Worker = nil },
		"a head of 33 bytes":     func(m *rolluptypes.MsgReportHeadFault) { m.Second.Head = append(m.Second.Head, 0) },
		"a head of no bytes":     func(m *rolluptypes.MsgReportHeadFault) { m.First.Head = nil },
		"a signature too long":   func(m *rolluptypes.MsgReportHeadFault) { m.First.Signature = append(m.First.Signature, 0) },
		"a key of small order":   func(m *rolluptypes.MsgReportHeadFault) { m.Worker = make([]byte, 32); m.Worker[0] = 1 },
		"a key not on the curve": func(m *rolluptypes.MsgReportHeadFault) { m.Worker = make([]byte, 32); m.Worker[0] = 2 },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			message := good()
			spoil(message)
			s.MustFail(reporter, rolluptypes.ErrEvidence, message)
		})
	}
	stranger := scenario.NewKey("nobody")
	public := stranger.Public()
	s.MustFail(reporter, registrytypes.ErrKeyUnknown, &rolluptypes.MsgReportHeadFault{
		Reporter: reporter.String(), Worker: public[:], Level: 1, Count: 7,
		First: signedHead(stranger, testutil.ChainID, 7, one), Second: signedHead(stranger, testutil.ChainID, 7, two),
	})
	require.Equal(t, registrytypes.OperatorStatus_OPERATOR_STATUS_ACTIVE, s.operator(s.worker.ID).Status)
	s.MustDeliver(reporter, good())
	require.Equal(t, registrytypes.OperatorStatus_OPERATOR_STATUS_CONVICTED, s.operator(s.worker.ID).Status)
}

func (s *stage) operator(id uint64) *registrytypes.Operator {
	s.TB.Helper()
	var response registrytypes.QueryOperatorResponse
	s.Query("lamina.registry.v1.Query/Operator", &registrytypes.QueryOperatorRequest{Id: id}, &response)
	return response.Operator
}

// Two headers convict only when both are signed, by the named key, for this chain, and one term and number (I16, I32).
func TestEvidenceOfAHeaderFaultMustProveIt(t *testing.T) {
	s := newStage(t)
	reporter := s.Account("reporter")
	key := s.sequencer.Key.Public()
	header := codec.Header{ChainID: testutil.ChainID, Term: 1, Number: 4, Level: 1, Rows: 1, Runs: 1}
	set := func(change func(*codec.Header), signer scenario.Key) func(*rolluptypes.MsgReportHeaderFault) {
		return func(m *rolluptypes.MsgReportHeaderFault) {
			other := header
			other.Rows = 2
			change(&other)
			signature := signer.Sign(other.Encode())
			m.SecondHeader, m.SecondSignature = other.Encode(), signature[:]
		}
	}
	good := func() *rolluptypes.MsgReportHeaderFault {
		signature := s.sequencer.Key.Sign(header.Encode())
		m := &rolluptypes.MsgReportHeaderFault{Reporter: reporter.String(), SequencerKey: key[:], FirstHeader: header.Encode(), FirstSignature: signature[:]}
		set(func(*codec.Header) {}, s.sequencer.Key)(m)
		return m
	}
	cases := map[string]func(*rolluptypes.MsgReportHeaderFault){
		"one header twice": func(m *rolluptypes.MsgReportHeaderFault) {
			m.SecondHeader, m.SecondSignature = m.FirstHeader, m.FirstSignature
		},
		"another term":      set(func(h *codec.Header) { h.Term = 2 }, s.sequencer.Key),
		"another number":    set(func(h *codec.Header) { h.Number = 5 }, s.sequencer.Key),
		"another chain":     set(func(h *codec.Header) { h.ChainID = "lamina-dev-other" }, s.sequencer.Key),
		"a stranger's":      set(func(*codec.Header) {}, scenario.NewKey("x")),
		"no bytes":          func(m *rolluptypes.MsgReportHeaderFault) { m.SecondHeader = nil },
		"trailing bytes":    func(m *rolluptypes.MsgReportHeaderFault) { m.SecondHeader = append(m.SecondHeader, 0) },
		"no signature":      func(m *rolluptypes.MsgReportHeaderFault) { m.SecondSignature = nil },
		"a key of 31 bytes": func(m *rolluptypes.MsgReportHeaderFault) { m.SequencerKey = m.SequencerKey[1:] },
		"no key":            func(m *rolluptypes.MsgReportHeaderFault) { m.SequencerKey = nil },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			message := good()
			spoil(message)
			s.MustFail(reporter, rolluptypes.ErrEvidence, message)
		})
	}
	// Headers of both on another chain, under the same key, are another network's affair.
	foreign := good()
	first, second := header, header
	first.ChainID, second.ChainID, second.Rows = "lamina-dev-other", "lamina-dev-other", 2
	one, two := s.sequencer.Key.Sign(first.Encode()), s.sequencer.Key.Sign(second.Encode())
	foreign.FirstHeader, foreign.FirstSignature, foreign.SecondHeader, foreign.SecondSignature = first.Encode(), one[:], second.Encode(), two[:]
	s.MustFail(reporter, rolluptypes.ErrEvidence, foreign)
	s.MustDeliver(reporter, good())
}

// Keys of a wrong length in any message are an answer, never a panic.
func TestKeysOfAWrongLengthAreRefused(t *testing.T) {
	s := newStage(t)
	for _, key := range [][]byte{nil, {1}, make([]byte, 31), make([]byte, 33), make([]byte, 4_000)} {
		s.MustFail(s.worker.Account, rolluptypes.ErrWorkerUnknown, &rolluptypes.MsgNewIncarnation{Operator: s.worker.Account.String(), Worker: key})
		second := s.take(s.sequencer)
		second.AcceptedHash = key
		s.MustFail(s.sequencer.Account, rolluptypes.ErrParent, second)
		require.Error(t, s.TryQuery("lamina.rollup.v1.Query/Log", &rolluptypes.QueryLogRequest{Worker: key}, &rolluptypes.QueryLogResponse{}))
		require.NoError(t, s.TryQuery("lamina.rollup.v1.Query/Incarnation", &rolluptypes.QueryIncarnationRequest{Worker: key}, &rolluptypes.QueryIncarnationResponse{}))
	}
}
