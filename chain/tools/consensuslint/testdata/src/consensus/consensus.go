package consensus

import (
	"errors"
	"maps"
	"math/rand" // want `import of math/rand: randomness differs from node to node`
	"os"        // want `import of os: files and environment differ from node to node`
	"slices"
	"time"
)

type Keeper struct{ balances map[string]uint64 }

func NewKeeper(balances map[string]uint64) Keeper {
	if balances == nil {
		panic("wiring may panic")
	}
	return Keeper{balances: balances}
}

func (k Keeper) Order() (names []string) {
	for name := range k.balances { // want `range over a map`
		names = append(names, name)
	}
	//consensus:ordered the names are sorted below
	for name := range k.balances {
		names = append(names, name)
	}
	slices.Sort(names)
	for range names {
		names = append(names, "a slice has an order")
	}
	//consensus:ordered // want `//consensus:ordered without a reason`
	for name := range k.balances { // want `range over a map`
		names = append(names, name)
	}
	//consensus:ordered sorted at once
	names = append(names, slices.Sorted(maps.Keys(k.balances))...)
	return slices.Collect(maps.Keys(k.balances)) // want `maps.Keys: its order differs`
}

func (k Keeper) Clock(block time.Time) time.Duration {
	time.Sleep(time.Second)       // want `time.Sleep: clocks differ`
	_ = time.Since(block)         // want `time.Since: clocks differ`
	return time.Now().Sub(block)  // want `time.Now: clocks differ`
}

func (k Keeper) Concurrent() int {
	results := make(chan int) // want `channel: consensus code runs in one goroutine`
	go func() { results <- rand.Int() }() // want `goroutine: the order`
	select { // want `select: its choice is random`
	case result := <-results:
		return result
	}
}

func (k Keeper) Float(amount uint64) uint64 {
	const million = 1e6
	half := float64(amount) / 2 // want `floating point` `floating point`
	return uint64(half) + uint64(million) // want `floating point`
}

func (k Keeper) Exact(amount uint64) uint64 {
	return amount * 1e6
}

func (k Keeper) Panics(name string) error {
	if name == "" {
		panic("empty") // want `panic: a panic in a block`
	}
	MustParse(name) // want `MustParse: a panic in a block`
	return errors.New(os.Args[0])
}

//consensus:wiring called by the application's constructor
func (k Keeper) SetHooks(set bool) {
	if set {
		panic("hooks are already set")
	}
}

func MustParse(name string) {
	//consensus:wiring reached from package variables alone
	panic(name)
}
