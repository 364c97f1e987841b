package keeper

import (
	"strconv"

	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
)

// lookups remembers what has been read, in the order in which it was first met: it is looked up by key and walked by
// order, so that no map is ever ranged over.
type lookups[K comparable, V any] struct {
	at     map[K]int
	keys   []K
	values []V
}

func (l *lookups[K, V]) get(key K) (*V, bool) {
	at, ok := l.at[key]
	if !ok {
		return nil, false
	}
	return &l.values[at], true
}

func (l *lookups[K, V]) set(key K, value V) *V {
	if l.at == nil {
		l.at = map[K]int{}
	}
	l.at[key] = len(l.values)
	l.keys = append(l.keys, key)
	l.values = append(l.values, value)
	return &l.values[len(l.values)-1]
}

// laneFacts is a lane with the rows of the block that name it, in order.
type laneFacts struct {
	Lane escrowtypes.Lane
	rows []int
}

func itemAt(item, list string, index int) string {
	return item + "." + list + "[" + strconv.Itoa(index) + "]"
}
