package app_test

import (
	"testing"

	sdk "github.com/cosmos/cosmos-sdk/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"

	"github.com/lamina-network/lamina/chain/app/identity"
	"github.com/lamina-network/lamina/chain/testutil"
)

// A proposal of the old kind is refused by name; x/gov would panic over it if it had no router at all.
func TestAProposalOfTheOldKindIsRefused(t *testing.T) {
	chain := testutil.New(t)
	alice := chain.Account("alice")
	content, err := govv1.NewLegacyContent(govv1beta1.NewTextProposal("title", "text"), chain.Authority())
	if err != nil {
		t.Fatal(err)
	}
	deposit := sdk.NewCoins(sdk.NewInt64Coin(identity.Denom, 1_000_000))
	proposal, err := govv1.NewMsgSubmitProposal([]sdk.Msg{content}, deposit, alice.String(), "", "title", "summary", false)
	if err != nil {
		t.Fatal(err)
	}
	chain.MustFail(alice, govtypes.ErrNoProposalHandlerExists, proposal)
}
