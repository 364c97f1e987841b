package identity_test

import (
	"testing"

	"github.com/lamina-network/lamina/chain/app/identity"
)

func TestDevelopmentChains(t *testing.T) {
	cases := map[string]bool{
		"lamina-dev": true, "lamina-dev-7": true, "lamina-device": false, "lamina": false, "": false, "xlamina-dev": false,
	}
	for chainID, expected := range cases {
		if found := identity.IsDevelopmentChain(chainID); found != expected {
			t.Errorf("%q: expected %t, found %t", chainID, expected, found)
		}
	}
}
