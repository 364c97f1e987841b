package simulation

import "math/rand"

func Random(weights map[string]int) int {
	for range weights {
		return rand.Int()
	}
	panic("simulations run outside consensus")
}
