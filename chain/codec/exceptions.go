package codec

import "fmt"

const (
	// ExceptionRunBytes is the length of one run.
	ExceptionRunBytes = 10

	tagExceptions = "lamina/exceptions/1"
)

// ExceptionRun is consecutive rows of a block that ended alike and not plainly paid. Source: docs/spec/final.md.
type ExceptionRun struct {
	First   uint32
	Count   uint32
	Outcome Outcome
	Reason  Reason
}

// EncodeExceptions writes the runs, 10 bytes each; CheckExceptions tells whether they are canonical.
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

// ExceptionsDigest is what the final record carries; of no runs where all rows are plainly paid.
func ExceptionsDigest(runs []ExceptionRun) Digest {
	w := newWriter(32 + len(runs)*ExceptionRunBytes)
	w.str8(tagExceptions)
	w.u32(uint32(len(runs)))
	w.fixed(EncodeExceptions(runs))
	return w.hash()
}

// DecodeExceptions reads the runs of a block of rows rows, and nothing after them.
func DecodeExceptions(data []byte, rows uint32) ([]ExceptionRun, error) {
	r := newReader(data)
	runs := make([]ExceptionRun, len(data)/ExceptionRunBytes)
	for index := range runs {
		start := r.offset
		runs[index] = ExceptionRun{First: r.u32("first"), Count: r.u32("count"), Outcome: Outcome(r.u8("outcome")), Reason: Reason(r.u8("reason"))}
		if expected := runProblem(runs[:index], runs[index], rows); expected != "" {
			r.failAt(start, KindUnexpectedValue, fmt.Sprintf("exceptions[%d]", index), expected, fmt.Sprintf("%+v", runs[index]))
			break
		}
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return runs, nil
}

// CheckExceptions refuses runs that DecodeExceptions would not read.
func CheckExceptions(runs []ExceptionRun, rows uint32) error {
	for index, run := range runs {
		if expected := runProblem(runs[:index], run, rows); expected != "" {
			return broken(fmt.Sprintf("exceptions[%d]", index), expected, fmt.Sprintf("%+v", run))
		}
	}
	return nil
}

func runProblem(earlier []ExceptionRun, run ExceptionRun, rows uint32) string {
	next, alike := uint64(0), false
	if len(earlier) > 0 {
		before := earlier[len(earlier)-1]
		next, alike = uint64(before.First)+uint64(before.Count), before.Outcome == run.Outcome && before.Reason == run.Reason
	}
	switch {
	case run.Count == 0:
		return "at least 1 row"
	case run.Reason == 0 || run.Reason > run.Outcome.reasonMax():
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
