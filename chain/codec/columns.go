package codec

import (
	"fmt"
	"math"
)

// column is a column of equal values: pairs `value ‖ uv repeat` until all rows are covered, neighbours differing.
type column struct {
	name   string
	signed bool   // zz: a difference modulo 2^64
	most   uint64 // largest value of an unsigned one
}

// readColumn hands each row its value. Repeats are bounded by the rows left, so the work is too.
func (c column) read(r *reader, rows int, set func(row int, value uint64)) {
	before, first := uint64(0), true
	for at := 0; at < rows && !r.failed(); {
		start := r.offset
		value := c.value(r)
		if !c.signed && value > c.most {
			r.failAt(start, KindOutOfRange, c.name, fmt.Sprintf("at most %d", c.most), fmt.Sprint(value))
		}
		if !first && value == before {
			r.failAt(start, KindUnexpectedValue, c.name, "a value other than the one before", fmt.Sprint(value))
		}
		start = r.offset
		repeat := r.varint(c.name + " repeat")
		if left := uint64(rows - at); !r.failed() && (repeat == 0 || repeat > left) {
			r.failAt(start, KindOutOfRange, c.name+" repeat", fmt.Sprintf("1…%d", left), fmt.Sprint(repeat))
		}
		if r.failed() {
			return
		}
		for end := at + int(repeat); at < end; at++ {
			set(at, value)
		}
		before, first = value, false
	}
}

func (c column) value(r *reader) uint64 {
	if c.signed {
		return r.zigzag(c.name)
	}
	return r.varint(c.name)
}

func (c column) write(w *writer, rows int, get func(row int) uint64) {
	for start := 0; start < rows; {
		value, end := get(start), start+1
		for end < rows && get(end) == value {
			end++
		}
		if c.signed {
			w.zigzag(value)
		} else {
			w.varint(value)
		}
		w.varint(uint64(end - start))
		start = end
	}
}

func unsigned(name string, most uint64) column { return column{name: name, most: most} }
func signed(name string) column                { return column{name: name, signed: true} }

var (
	kindColumn      = unsigned("kind", rowKindResult)
	profileColumn   = unsigned("profile", math.MaxUint16)
	itemsColumn     = unsigned("items", math.MaxUint32)
	unitPriceColumn = unsigned("unit_price", math.MaxUint64)
	ceilingColumn   = unsigned("ceiling", math.MaxUint64)
	settleByColumn  = signed("settle_by")
	unitsColumn     = unsigned("units", math.MaxUint64)
	chargeColumn    = signed("charge")
)

// indexColumn holds places in a dictionary list; where the list is empty no index is in range.
func indexColumn(name string, entries int) column {
	if entries == 0 {
		return unsigned(name, 0)
	}
	return unsigned(name, uint64(entries-1))
}
