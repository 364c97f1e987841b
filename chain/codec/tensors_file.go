package codec

import "strconv"

const tensorsFileMagic = "LMNTENS1"

// DecodeTensorsFile reads a job's inputs or outputs as the SDK writes them. Source: docs/spec/commitments.md.
func DecodeTensorsFile(data []byte) ([][]Tensor, error) {
	r := newReader(data)
	if magic := r.take(len(tensorsFileMagic), "magic"); !r.failed() && string(magic) != tensorsFileMagic {
		r.failAt(0, KindUnexpectedValue, "magic", tensorsFileMagic, strconv.Quote(string(magic)))
	}
	count, tensors := r.u32("items"), int(r.u16("tensors"))
	var items [][]Tensor
	for index := uint32(0); index < count && !r.failed(); index++ {
		// Without this an item of no tensors would take no bytes, and a short file could ask for 2^32 of them.
		if tensors == 0 {
			r.fail(KindOutOfRange, "tensors", "at least one in an item", "0")
			break
		}
		var item []Tensor
		for len(item) < tensors && !r.failed() {
			item = append(item, readTensor(r))
		}
		items = append(items, item)
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return items, nil
}

func readTensor(r *reader) Tensor {
	start := r.offset
	tensor := Tensor{Type: ElementType(r.u8("type"))}
	rank := r.u8("rank")
	if rank > RankMax {
		r.failAt(start+1, KindOutOfRange, "rank", "at most "+strconv.Itoa(RankMax), strconv.Itoa(int(rank)))
		return Tensor{}
	}
	tensor.Dims = make([]uint32, rank)
	for axis := range tensor.Dims {
		tensor.Dims[axis] = r.u32("dims")
	}
	tensor.Data = r.bytes32("data")
	if r.failed() {
		return Tensor{}
	}
	if problem := tensor.problem(); problem != nil {
		r.failAt(start, KindUnexpectedValue, problem.Item, problem.Expected, problem.Found)
	}
	return tensor
}

// EncodeTensorsFile writes items that all have as many tensors, at least one.
func EncodeTensorsFile(items [][]Tensor) ([]byte, error) {
	w := newWriter(1024)
	w.fixed([]byte(tensorsFileMagic))
	w.u32(uint32(len(items)))
	tensors := 0
	if len(items) > 0 {
		tensors = len(items[0])
	}
	w.u16(uint16(tensors))
	for _, item := range items {
		if len(item) != tensors {
			return nil, broken("items", strconv.Itoa(tensors)+" tensors in every item", strconv.Itoa(len(item)))
		}
		for index := range item {
			if problem := item[index].problem(); problem != nil {
				return nil, problem
			}
			w.u8(uint8(item[index].Type))
			w.u8(uint8(len(item[index].Dims)))
			for _, dim := range item[index].Dims {
				w.u32(dim)
			}
			w.bytes32(item[index].Data)
		}
	}
	return w.finish()
}
