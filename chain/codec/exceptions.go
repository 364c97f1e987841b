package codec

import "fmt"

// ExceptionRunBytes is the length of a run of exceptions.
const ExceptionRunBytes = 10

// ExceptionRun is consecutive rows of a block that ended alike and not plainly paid. Source: docs/spec/final.md.
type ExceptionRun struct {
	First, Count uint32
	Outcome      Outcome
	Reason       Reason
}

// ExceptionsDigest is what the final record carries.
func ExceptionsDigest(runs []ExceptionRun) Digest {
	w := newWriter(24 + len(runs)*ExceptionRunBytes)
	w.str8("lamina/exceptions/1")
	w.u32(uint32(len(runs)))
	w.fixed(EncodeExceptions(runs))
	return w.hash()
}

// EncodeExceptions writes the runs' bytes.
func EncodeExceptions(runs []ExceptionRun) []byte {
	w := newWriter(len(runs) * ExceptionRunBytes)
	for _, run := range runs {
		w.u32(run.First)
		w.u32(run.Count)
		w.u8(uint8(run.Outcome))
		w.u8(uint8(run.Reason))
	}
	return w.bytes
}

// DecodeExceptions reads the runs of a block of rows rows, and nothing after them.
func DecodeExceptions(bytes []byte, rows uint32) ([]ExceptionRun, error) {
	r := newReader(bytes)
	runs := make([]ExceptionRun, 0, len(bytes)/ExceptionRunBytes)
	for len(runs) < cap(runs) && !r.failed() {
		start := r.offset
		run := ExceptionRun{
			First: r.u32("first"), Count: r.u32("count"), Outcome: Outcome(r.u8("outcome")), Reason: Reason(r.u8("reason")),
		}
		if problem := exceptionProblem(runs, run, rows); problem != "" && !r.failed() {
			r.failAt(start, KindUnexpectedValue, fmt.Sprintf("exceptions[%d]", len(runs)), problem, fmt.Sprintf("%+v", run))
		}
		runs = append(runs, run)
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return runs, nil
}

func exceptionProblem(before []ExceptionRun, run ExceptionRun, rows uint32) string {
	next, alike := uint64(0), false
	if len(before) > 0 {
		last := before[len(before)-1]
		next = uint64(last.First) + uint64(last.Count)
		alike = last.Outcome == run.Outcome && last.Reason == run.Reason
	}
	switch {
	case run.Count == 0:
		return "at least 1 row"
	case int(run.Outcome) >= len(reasonsOf) || run.Reason == 0 || run.Reason > reasonsOf[run.Outcome]:
		return "a known outcome and reason"
	case uint64(run.First) < next:
		return fmt.Sprintf("a first row of at least %d", next)
	case alike && uint64(run.First) == next:
		return "neighbours of equal outcome and reason joined"
	case uint64(run.First)+uint64(run.Count) > uint64(rows):
		return fmt.Sprintf("rows below %d", rows)
	}
	return ""
}
