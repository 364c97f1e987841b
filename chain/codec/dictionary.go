package codec

import (
	"bytes"
	"fmt"
	"slices"
)

// dictionary lists the models and lanes that rows name by index. Both ascend strictly and every entry is used: a batch
// has one spelling.
type dictionary struct {
	models     []Digest
	lanes      []uint64
	usedModels []bool
	usedLanes  []bool
}

// Limits of a dictionary, in entries: far above what a batch can name.
const dictionaryMax = 1 << 20

func readDictionary(r *reader) *dictionary {
	d := &dictionary{}
	d.models = make([]Digest, 0, r.count("models", 0, dictionaryMax, DigestBytes))
	for i := range cap(d.models) {
		start, model := r.offset, r.digest("model")
		if i > 0 && bytes.Compare(d.models[i-1][:], model[:]) >= 0 {
			r.failAt(start, KindUnexpectedValue, fmt.Sprintf("models[%d]", i), fmt.Sprintf("a model after %x", d.models[i-1]), fmt.Sprintf("%x", model))
		}
		d.models = append(d.models, model)
	}
	d.lanes = make([]uint64, 0, r.count("lanes", 0, dictionaryMax, 1))
	for i := range cap(d.lanes) {
		d.readLane(r, i)
	}
	d.usedModels = make([]bool, len(d.models))
	d.usedLanes = make([]bool, len(d.lanes))
	return d
}

func (d *dictionary) readLane(r *reader, i int) {
	start, step := r.offset, r.varint("lane")
	if i == 0 || r.failed() {
		d.lanes = append(d.lanes, step)
		return
	}
	before := d.lanes[i-1]
	lane := before + step
	if step == 0 {
		r.failAt(start, KindUnexpectedValue, fmt.Sprintf("lanes[%d]", i), fmt.Sprintf("a lane after %d", before), fmt.Sprint(before))
	} else if lane < before {
		r.failAt(start, KindOutOfRange, fmt.Sprintf("lanes[%d]", i), "a lane below 2^64", fmt.Sprintf("%d + %d", before, step))
	}
	d.lanes = append(d.lanes, lane)
}

func (d *dictionary) expectUsed(r *reader) {
	if at := slices.Index(d.usedModels, false); at >= 0 {
		r.fail(KindUnexpectedValue, "models", "every model of the dictionary used", fmt.Sprintf("model %d unused", at))
	}
	if at := slices.Index(d.usedLanes, false); at >= 0 {
		r.fail(KindUnexpectedValue, "lanes", "every lane of the dictionary used", fmt.Sprintf("lane %d unused", at))
	}
}

// dictionaryOf lists what rows name.
func dictionaryOf(bodies ...PostedBody) *dictionary {
	d := &dictionary{}
	for _, body := range bodies {
		for i := range body.Rows {
			d.models = append(d.models, body.Rows[i].Model)
			d.lanes = append(d.lanes, body.Rows[i].Lane)
		}
	}
	slices.SortFunc(d.models, func(left, right Digest) int { return bytes.Compare(left[:], right[:]) })
	d.models = slices.Compact(d.models)
	slices.Sort(d.lanes)
	d.lanes = slices.Compact(d.lanes)
	return d
}

func (d *dictionary) write(w *writer) {
	w.varint(uint64(len(d.models)))
	for _, model := range d.models {
		w.digest(model)
	}
	w.varint(uint64(len(d.lanes)))
	before := uint64(0)
	for _, lane := range d.lanes {
		w.varint(lane - before)
		before = lane
	}
}

func (d *dictionary) model(model Digest) uint64 {
	at, _ := slices.BinarySearchFunc(d.models, model, func(left, right Digest) int { return bytes.Compare(left[:], right[:]) })
	return uint64(at)
}

func (d *dictionary) lane(lane uint64) uint64 {
	at, _ := slices.BinarySearch(d.lanes, lane)
	return uint64(at)
}
