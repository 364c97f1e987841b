package types

import "math"

const digestBytes = 32

// DefaultGenesis is a chain on which nothing has been submitted.
func DefaultGenesis() *GenesisState {
	return &GenesisState{Params: DefaultParams(), FinalLog: &FinalLog{}}
}

// Validate refuses a state whose parts do not hold together. What it accepts cannot make InitGenesis panic.
func (s *GenesisState) Validate() error {
	if err := s.Params.Validate(); err != nil {
		return err
	}
	if s.Term != nil && (s.Term.Term == 0 || len(s.Term.Key) != digestBytes || len(s.Term.AcceptedHash) != digestBytes) {
		return ErrGenesis.Wrapf("term: expected a number, a key and an accepted hash of 32 bytes, found term %d", s.Term.Term)
	}
	for i, log := range s.Logs {
		if !isLog(log.Worker, log.Level, log.Param) || len(log.Head) != digestBytes || log.Count == 0 {
			return ErrGenesis.Wrapf("logs[%d]: expected a worker and head of 32 bytes and a count above 0", i)
		}
	}
	for i, incarnation := range s.Incarnations {
		if len(incarnation.Worker) != digestBytes {
			return ErrGenesis.Wrapf("incarnations[%d]: expected a worker of 32 bytes, found %d", i, len(incarnation.Worker))
		}
	}
	for i, mark := range s.Unserved {
		if !isLog(mark.Worker, mark.Level, mark.Param) {
			return ErrGenesis.Wrapf("unserved[%d]: expected a worker of 32 bytes", i)
		}
	}
	if s.FinalLog != nil {
		for i, peak := range s.FinalLog.Peaks {
			if len(peak) != digestBytes {
				return ErrGenesis.Wrapf("final_log.peaks[%d]: expected 32 bytes, found %d", i, len(peak))
			}
		}
	}
	return s.validatePending()
}

func isLog(worker []byte, level, param uint32) bool {
	return len(worker) == digestBytes && level <= math.MaxUint8 && param <= math.MaxUint8
}

func (s *GenesisState) validatePending() error {
	for i, block := range s.Pending {
		if block.Kind != KindBlock && block.Kind != KindForced {
			return ErrGenesis.Wrapf("pending[%d]: expected kind 1 or 2, found %d", i, block.Kind)
		}
		if len(block.HeaderHash) != digestBytes || len(block.RowsRoot) != digestBytes || block.Kind == KindBlock && len(block.BatchId) != digestBytes {
			return ErrGenesis.Wrapf("pending[%d]: expected hashes of 32 bytes", i)
		}
		if i > 0 && s.Pending[i-1].AcceptedHeight > block.AcceptedHeight {
			return ErrGenesis.Wrapf("pending[%d]: expected ascending heights", i)
		}
	}
	if s.Progress != nil && (len(s.Pending) == 0 || int(s.Progress.Cursor) > len(s.Pending[0].Entries)) {
		return ErrGenesis.Wrapf("progress: cursor %d has no pending entry", s.Progress.Cursor)
	}
	return nil
}
