package main

import (
	"fmt"
	"runtime"

	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// Growth is what so many rows leave behind in the application's state and in its memory.
type Growth struct {
	Rows   int     `json:"rows"`
	Before Holding `json:"before"`
	After  Holding `json:"after_all_are_final"`
	// StateBytesPerRow is the difference of state over rows.
	StateBytesPerRow float64 `json:"state_bytes_per_row"`
}

// Holding is keys and values of Lamina's stores at one height, and live memory of the whole program: the chain, with
// every version in its database in memory.
type Holding struct {
	Registry int    `json:"registry_bytes"`
	Escrow   int    `json:"escrow_bytes"`
	Rollup   int    `json:"rollup_bytes"`
	Keys     int    `json:"keys"`
	Heap     uint64 `json:"live_heap_bytes"`
}

func (h Holding) bytes() int { return h.Registry + h.Escrow + h.Rollup }

func measureGrowth(rows int) Growth {
	s := newStage(3, 10)
	s.deliver(s.sign(s.sequencer.Account, s.batch(1_000)))
	s.Advance(12)
	result := Growth{Rows: rows, Before: s.holding()}
	for posted := 0; posted < rows; posted += 10_000 {
		s.deliver(s.sign(s.sequencer.Account, s.batch(10_000)))
	}
	s.Advance(12)
	result.After = s.holding()
	result.StateBytesPerRow = float64(result.After.bytes()-result.Before.bytes()) / float64(rows)
	return result
}

func (s *stage) holding() Holding {
	held := s.stored()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	held.Heap = memory.HeapAlloc
	return held
}

// stored is a Holding without its memory.
func (s *stage) stored() Holding {
	var held Holding
	for name, into := range map[string]*int{
		registrytypes.StoreKey: &held.Registry, escrowtypes.StoreKey: &held.Escrow, rolluptypes.StoreKey: &held.Rollup,
	} {
		iterator := s.Context().KVStore(s.App.StoreKey(name)).Iterator(nil, nil)
		for ; iterator.Valid(); iterator.Next() {
			*into += len(iterator.Key()) + len(iterator.Value())
			held.Keys++
		}
		if err := iterator.Close(); err != nil {
			failure{}.Fatal(fmt.Errorf("close the store of %s: %w", name, err))
		}
	}
	return held
}
