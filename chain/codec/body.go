package codec

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
)

const (
	rowPostedBytesMin = 2 * DigestBytes
	runPostedBytesMin = 32 + 4 + 8 + 1 + 32 + SignatureBytes
	modeRoot          = 0
	modeEach          = 1
)

func readRun(r *reader) PostedRun {
	run := PostedRun{Worker: r.digest("worker"), Incarnation: r.u32("incarnation"), Start: r.u64("start")}
	at, count := r.offset, r.varint("run count")
	if !r.failed() && (count == 0 || count > math.MaxUint32) {
		r.failAt(at, KindOutOfRange, "run count", "1…4294967295", fmt.Sprint(count))
	}
	if !r.failed() && run.Start > math.MaxUint64-count {
		r.failAt(at, KindOutOfRange, "run count", "indices below 2^64", fmt.Sprintf("%d + %d", run.Start, count))
	}
	run.Count = uint32(count)
	run.PreviousHead = r.digest("previous head")
	run.Signature = r.signature("head signature")
	return run
}

func writeRun(w *writer, run PostedRun) {
	w.digest(run.Worker)
	w.u32(run.Incarnation)
	w.u64(run.Start)
	w.varint(uint64(run.Count))
	w.digest(run.PreviousHead)
	w.signature(run.Signature)
}

// compareRuns is the order of runs in a block: by worker, then incarnation.
func compareRuns(left, right PostedRun) int {
	return cmp.Or(bytes.Compare(left.Worker[:], right.Worker[:]), cmp.Compare(left.Incarnation, right.Incarnation))
}

// readBody reads the columns of rows that the runs already read account for.
func readBody(r *reader, body *PostedBody, rows int, names *dictionary) {
	// Columns are short and rows many: the digests that must follow bound what a hostile count can make us allocate.
	if rows > r.remaining()/rowPostedBytesMin {
		r.fail(KindTruncated, "rows", fmt.Sprintf("%d rows", rows), fmt.Sprintf("%d bytes left", r.remaining()))
	}
	if r.failed() {
		return
	}
	body.Rows = make([]Row, rows)
	readColumns(r, body, names)
	readNonces(r, body.Rows)
	for i := range body.Rows {
		body.Rows[i].H = r.digest("h")
	}
	for i := range body.Rows {
		body.Rows[i].Output = r.digest("output")
	}
	placeRows(body)
	readAuthorisations(r, body)
}

func readColumns(r *reader, body *PostedBody, names *dictionary) {
	rows := body.Rows
	kindColumn.read(r, len(rows), func(int, uint64) {})
	indexColumn("lane index", len(names.lanes)).read(r, len(rows), func(row int, value uint64) {
		if value < uint64(len(names.lanes)) {
			rows[row].Lane, names.usedLanes[value] = names.lanes[value], true
		} else {
			r.fail(KindOutOfRange, "lane index", "a lane of the dictionary", fmt.Sprint(value))
		}
	})
	indexColumn("model index", len(names.models)).read(r, len(rows), func(row int, value uint64) {
		if value < uint64(len(names.models)) {
			rows[row].Model, names.usedModels[value] = names.models[value], true
		} else {
			r.fail(KindOutOfRange, "model index", "a model of the dictionary", fmt.Sprint(value))
		}
	})
	profileColumn.read(r, len(rows), func(row int, value uint64) { rows[row].Profile = uint16(value) })
	itemsColumn.read(r, len(rows), func(row int, value uint64) { rows[row].Items = uint32(value) })
	unitPriceColumn.read(r, len(rows), func(row int, value uint64) { rows[row].UnitPrice = value })
	ceilingColumn.read(r, len(rows), func(row int, value uint64) { rows[row].Ceiling = value })
	settleByColumn.read(r, len(rows), func(row int, value uint64) { rows[row].SettleBy = value + body.ReferenceHeight })
	unitsColumn.read(r, len(rows), func(row int, value uint64) { rows[row].Units = value })
	chargeColumn.read(r, len(rows), func(row int, value uint64) {
		rows[row].Charge = value + rows[row].Units*rows[row].UnitPrice
	})
}

func readNonces(r *reader, rows []Row) {
	before := uint64(0)
	for i := range rows {
		start := r.offset
		nonce := before + r.zigzag("nonce")
		if !r.failed() && nonce > math.MaxUint32 {
			r.failAt(start, KindOutOfRange, "nonce", "below 2^32", fmt.Sprint(nonce))
		}
		rows[i].Nonce, before = uint32(nonce), nonce
	}
}

// placeRows gives rows what their run says of all of them.
func placeRows(body *PostedBody) {
	at := 0
	for _, run := range body.Runs {
		for offset := range uint64(run.Count) {
			if at == len(body.Rows) {
				return
			}
			row := &body.Rows[at]
			row.Worker, row.Level, row.Param = run.Worker, body.Level, body.Param
			row.Incarnation, row.Index = run.Incarnation, run.Start+offset
			at++
		}
	}
}

func readAuthorisations(r *reader, body *PostedBody) {
	for _, lane := range rowsPerLane(body.Rows) {
		start, mode := r.offset, r.u8("authorisation mode")
		authorisation := LaneAuthorisation{Lane: lane.lane}
		switch {
		case r.failed():
			return
		case mode == modeRoot:
			authorisation.Root = r.signature("spend signature")
		case mode == modeEach:
			if lane.rows > r.remaining()/SignatureBytes {
				r.fail(KindTruncated, "job signatures", fmt.Sprintf("%d signatures", lane.rows), fmt.Sprintf("%d bytes left", r.remaining()))
				return
			}
			authorisation.Each = make([]Signature, lane.rows)
			for i := range authorisation.Each {
				authorisation.Each[i] = r.signature("job signature")
			}
		default:
			r.failAt(start, KindUnexpectedValue, "authorisation mode", "0 or 1", fmt.Sprint(mode))
			return
		}
		body.Authorisations = append(body.Authorisations, authorisation)
	}
}

type laneRows struct {
	lane uint64
	rows int
}

// rowsPerLane lists the lanes that occur, ascending, with the number of their rows.
func rowsPerLane(rows []Row) []laneRows {
	lanes := make([]uint64, len(rows))
	for i := range rows {
		lanes[i] = rows[i].Lane
	}
	slices.Sort(lanes)
	var counts []laneRows
	for _, lane := range lanes {
		if last := len(counts) - 1; last >= 0 && counts[last].lane == lane {
			counts[last].rows++
		} else {
			counts = append(counts, laneRows{lane, 1})
		}
	}
	return counts
}

func writeBody(w *writer, body PostedBody, names *dictionary) {
	rows, count := body.Rows, len(body.Rows)
	kindColumn.write(w, count, func(int) uint64 { return rowKindResult })
	indexColumn("lane index", len(names.lanes)).write(w, count, func(row int) uint64 { return names.lane(rows[row].Lane) })
	indexColumn("model index", len(names.models)).write(w, count, func(row int) uint64 { return names.model(rows[row].Model) })
	profileColumn.write(w, count, func(row int) uint64 { return uint64(rows[row].Profile) })
	itemsColumn.write(w, count, func(row int) uint64 { return uint64(rows[row].Items) })
	unitPriceColumn.write(w, count, func(row int) uint64 { return rows[row].UnitPrice })
	ceilingColumn.write(w, count, func(row int) uint64 { return rows[row].Ceiling })
	settleByColumn.write(w, count, func(row int) uint64 { return rows[row].SettleBy - body.ReferenceHeight })
	unitsColumn.write(w, count, func(row int) uint64 { return rows[row].Units })
	chargeColumn.write(w, count, func(row int) uint64 { return rows[row].Charge - rows[row].Units*rows[row].UnitPrice })
	before := uint64(0)
	for i := range rows {
		w.zigzag(uint64(rows[i].Nonce) - before)
		before = uint64(rows[i].Nonce)
	}
	for i := range rows {
		w.digest(rows[i].H)
	}
	for i := range rows {
		w.digest(rows[i].Output)
	}
	for _, authorisation := range body.Authorisations {
		writeAuthorisation(w, authorisation)
	}
}

func writeAuthorisation(w *writer, authorisation LaneAuthorisation) {
	if authorisation.Each == nil {
		w.u8(modeRoot)
		w.signature(authorisation.Root)
		return
	}
	w.u8(modeEach)
	for _, signature := range authorisation.Each {
		w.signature(signature)
	}
}
