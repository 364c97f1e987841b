package testutil

import (
	gogoproto "github.com/cosmos/gogoproto/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
)

// RequireSignersChecked fails unless messages holds one of each message of a Msg service, and every one of them is
// refused under the signature of another account than the one it names (T38).
func (c *Chain) RequireSignersChecked(service string, messages ...sdk.Msg) {
	c.TB.Helper()
	missing := c.methodInputs(service)
	stranger := c.Account("stranger without rights")
	for _, message := range messages {
		delete(missing, gogoproto.MessageName(message))
		c.MustFail(stranger, sdkerrors.ErrInvalidPubKey, message)
	}
	for name := range missing {
		c.TB.Errorf("expected a %s to be tried under a wrong signature, found none", name)
	}
}

// methodInputs names the request messages of a service.
func (c *Chain) methodInputs(service string) map[string]bool {
	c.TB.Helper()
	descriptor, err := gogoproto.HybridResolver.FindDescriptorByName(protoreflect.FullName(service))
	c.noError(err, "find "+service)
	found, ok := descriptor.(protoreflect.ServiceDescriptor)
	if !ok {
		c.TB.Fatalf("expected %s to be a service, found %T", service, descriptor)
	}
	inputs := map[string]bool{}
	for index := range found.Methods().Len() {
		inputs[string(found.Methods().Get(index).Input().FullName())] = true
	}
	return inputs
}
