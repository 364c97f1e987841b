package codec

import (
	"fmt"
	"strconv"
)

func readTensorSpecs(r *reader, item string) []TensorSpec {
	specs := make([]TensorSpec, r.elements(item, 1, ManifestTensorsMax, 2))
	for index := range specs {
		name, start := fmt.Sprintf("%s[%d]", item, index), r.offset
		specs[index] = TensorSpec{Name: r.str8(name + ".name"), Type: readElementType(r, name+".type")}
		if r.failed() {
			return nil
		}
		for _, earlier := range specs[:index] {
			if earlier.Name == specs[index].Name {
				r.failAt(start, KindUnexpectedValue, name+".name", "unique names", strconv.Quote(earlier.Name))
			}
		}
	}
	return specs
}

func readElementType(r *reader, item string) ElementType {
	start := r.offset
	elementType := ElementType(r.u8(item))
	if !r.failed() && elementType.Size() == 0 {
		r.failAt(start, KindOutOfRange, item, "an element type of docs/spec/commitments.md", strconv.Itoa(int(elementType)))
	}
	return elementType
}

func readProfiles(r *reader, inputs, outputs int) []Profile {
	profiles := make([]Profile, r.elements("profiles", 1, ManifestProfilesMax, 10+inputs+outputs))
	for index := range profiles {
		item, start := fmt.Sprintf("profiles[%d]", index), r.offset
		id := r.u16(item + ".id")
		if !r.failed() && (id == 0 || index > 0 && id <= profiles[index-1].ID) {
			r.failAt(start, KindOutOfRange, item+".id", "ids in ascending order from 1", strconv.Itoa(int(id)))
		}
		start = r.offset
		units := r.u64(item + ".units_per_item")
		if !r.failed() && units == 0 {
			r.failAt(start, KindOutOfRange, item+".units_per_item", "at least 1", "0")
		}
		profiles[index] = Profile{ID: id, UnitsPerItem: units, Inputs: readShapes(r, item+".inputs", inputs), Outputs: readShapes(r, item+".outputs", outputs)}
		if r.failed() {
			return nil
		}
	}
	return profiles
}

func readShapes(r *reader, item string, count int) [][]uint32 {
	shapes := make([][]uint32, count)
	for index := range shapes {
		shapes[index] = readShape(r, fmt.Sprintf("%s[%d]", item, index))
		if r.failed() {
			return nil
		}
	}
	return shapes
}

// readShape reads rank u8 ‖ dims u32 × rank within the bounds of docs/spec/commitments.md.
func readShape(r *reader, item string) []uint32 {
	start := r.offset
	rank := r.u8(item + ".rank")
	if rank > RankMax {
		r.failAt(start, KindLengthOverLimit, item+".rank", fmt.Sprintf("at most %d", RankMax), strconv.Itoa(int(rank)))
		return nil
	}
	dims := make([]uint32, rank)
	for axis := range dims {
		start := r.offset
		dims[axis] = r.u32(item + ".dims")
		if !r.failed() && (dims[axis] == 0 || dims[axis] > DimensionMax) {
			r.failAt(start, KindOutOfRange, item+".dims", "1…2147483647", strconv.FormatUint(uint64(dims[axis]), 10))
		}
	}
	return dims
}

func readPadding(r *reader, inputs []TensorSpec) *Padding {
	if !readFlag(r, "padding") {
		return nil
	}
	start := r.offset
	padding := &Padding{Mask: r.str8("padding.mask")}
	if !r.failed() && !hasTensor(inputs, padding.Mask) {
		r.failAt(start, KindUnexpectedValue, "padding.mask", "one of the inputs", strconv.Quote(padding.Mask))
	}
	padding.Values = make([]uint64, r.elements("padding.values", uint64(len(inputs)), uint64(len(inputs)), 8))
	for index := range padding.Values {
		padding.Values[index] = r.u64("padding.values")
	}
	return padding
}

func hasTensor(specs []TensorSpec, name string) bool {
	for _, spec := range specs {
		if spec.Name == name {
			return true
		}
	}
	return false
}
