package codec

import (
	"fmt"
	"math"
)

const (
	batchVersion  = 1
	forcedVersion = 1
	// blockPostedBytesMin is what a block of one row takes at least.
	blockPostedBytesMin = 2 + 8 + 4 + 4 + 8 + DigestBytes + SignatureBytes + runPostedBytesMin + rowPostedBytesMin
)

// DecodeBatch reads a batch to its last byte. Memory stays in proportion to the input. Sums, roots and signatures are not
// checked here: x/rollup does. Source: docs/spec/block.md.
func DecodeBatch(bytes []byte) (Batch, error) {
	r := newReader(bytes)
	r.exactly(batchVersion, "batch version")
	batch := Batch{Term: r.u64("term"), FirstNumber: r.u64("first_number"), Parent: r.digest("parent")}
	names := readDictionary(r)
	start := r.offset
	count := r.count("blocks", 1, math.MaxUint32, blockPostedBytesMin)
	if !r.failed() && batch.FirstNumber > math.MaxUint64-uint64(count-1) {
		r.failAt(start, KindOutOfRange, "blocks", "numbers below 2^64", fmt.Sprintf("%d + %d", batch.FirstNumber, count))
	}
	for i := 0; i < count && !r.failed(); i++ {
		batch.Blocks = append(batch.Blocks, readBlock(r, names))
		if r.failed() {
			r.err.Item = fmt.Sprintf("blocks[%d].%s", i, r.err.Item)
		}
	}
	if !r.failed() {
		names.expectUsed(r)
	}
	if err := r.end(); err != nil {
		return Batch{}, err
	}
	return batch, nil
}

func readBlock(r *reader, names *dictionary) PostedBlock {
	var block PostedBlock
	block.Level, block.Param, block.ReferenceHeight = r.u8("level"), r.u8("param"), r.u64("reference_height")
	rows, runsAt := r.atLeastOne("rows"), r.offset
	runs := r.atLeastOne("runs")
	block.Charges, block.RowsRoot, block.Signature = r.u64("charges"), r.digest("rows_root"), r.signature("header signature")
	if !r.failed() && uint64(runs)*runPostedBytesMin > uint64(r.remaining()) {
		r.failAt(runsAt, KindTruncated, "runs", fmt.Sprintf("%d runs", runs), fmt.Sprintf("%d bytes left", r.remaining()))
	}
	total := uint64(0)
	for i := 0; i < int(runs) && !r.failed(); i++ {
		start, run := r.offset, readRun(r)
		if i > 0 && compareRuns(block.Runs[i-1], run) >= 0 {
			r.failAt(start, KindUnexpectedValue, fmt.Sprintf("runs[%d]", i), "runs in strictly ascending order of worker and incarnation", "another order")
		}
		total += uint64(run.Count)
		block.Runs = append(block.Runs, run)
	}
	if !r.failed() && total != uint64(rows) {
		r.failAt(runsAt, KindUnexpectedValue, "runs", fmt.Sprintf("%d rows together", rows), fmt.Sprint(total))
	}
	readBody(r, &block.PostedBody, int(rows), names)
	return block
}

// Encode writes a batch as DecodeBatch reads it. It trusts rows, runs and authorisations to fit one another.
func (b Batch) Encode() []byte {
	w := newWriter(1024)
	w.u8(batchVersion)
	w.u64(b.Term)
	w.u64(b.FirstNumber)
	w.digest(b.Parent)
	bodies := make([]PostedBody, len(b.Blocks))
	for i := range b.Blocks {
		bodies[i] = b.Blocks[i].PostedBody
	}
	names := dictionaryOf(bodies...)
	names.write(w)
	w.varint(uint64(len(b.Blocks)))
	for _, block := range b.Blocks {
		writeBlock(w, block, names)
	}
	return w.bytes
}

func writeBlock(w *writer, block PostedBlock, names *dictionary) {
	w.u8(block.Level)
	w.u8(block.Param)
	w.u64(block.ReferenceHeight)
	w.u32(uint32(len(block.Rows)))
	w.u32(uint32(len(block.Runs)))
	w.u64(block.Charges)
	w.digest(block.RowsRoot)
	w.signature(block.Signature)
	for _, run := range block.Runs {
		writeRun(w, run)
	}
	writeBody(w, block.PostedBody, names)
}

// DecodeForcedRun reads what MsgForceInclude carries, to its last byte.
func DecodeForcedRun(bytes []byte) (ForcedRun, error) {
	r := newReader(bytes)
	r.exactly(forcedVersion, "forced run version")
	var forced ForcedRun
	forced.Level, forced.Param, forced.ReferenceHeight = r.u8("level"), r.u8("param"), r.u64("reference_height")
	names := readDictionary(r)
	run := readRun(r)
	forced.Runs = []PostedRun{run}
	if !r.failed() && uint64(run.Count) > uint64(r.remaining()/rowPostedBytesMin) {
		r.fail(KindTruncated, "rows", fmt.Sprintf("%d rows", run.Count), fmt.Sprintf("%d bytes left", r.remaining()))
	}
	if !r.failed() {
		readBody(r, &forced.PostedBody, int(run.Count), names)
	}
	for _, authorisation := range forced.Authorisations {
		if authorisation.Each == nil && !r.failed() {
			r.fail(KindUnexpectedValue, "authorisations", "each job's own signature", fmt.Sprintf("a root's for lane %d", authorisation.Lane))
		}
	}
	if !r.failed() {
		names.expectUsed(r)
	}
	if err := r.end(); err != nil {
		return ForcedRun{}, err
	}
	return forced, nil
}

// Encode writes a forced run as DecodeForcedRun reads it.
func (f ForcedRun) Encode() []byte {
	w := newWriter(1024)
	w.u8(forcedVersion)
	w.u8(f.Level)
	w.u8(f.Param)
	w.u64(f.ReferenceHeight)
	names := dictionaryOf(f.PostedBody)
	names.write(w)
	for _, run := range f.Runs {
		writeRun(w, run)
	}
	writeBody(w, f.PostedBody, names)
	return w.bytes
}
