package keeper

import (
	"bytes"
	"math"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/codec/ed25519x"
	"github.com/lamina-network/lamina/chain/codec/merkle"
	"github.com/lamina-network/lamina/chain/x/rollup/types"
)

// Names of the faults, in events and in the index.
const (
	faultHead   = "two heads at one log index"
	faultHeader = "two headers at one number of a term"
)

// headFault convicts a worker that signed two heads of one log at one count (T29, I16). The proof needs nothing else.
func (k *Keeper) headFault(ctx sdk.Context, message *types.MsgReportHeadFault) (sdkmath.Int, error) {
	worker, ok := codec.ToDigest(message.Worker)
	if !ok || message.Level > math.MaxUint8 || message.Param > math.MaxUint8 {
		return sdkmath.Int{}, types.ErrEvidence.Wrap("expected a worker key of 32 bytes and a level and param of one")
	}
	if message.First == nil || message.Second == nil || bytes.Equal(message.First.Head, message.Second.Head) {
		return sdkmath.Int{}, types.ErrEvidence.Wrap("expected two different heads")
	}
	log := codec.LogID{Worker: worker, Level: uint8(message.Level), Param: uint8(message.Param), Incarnation: message.Incarnation}
	for _, statement := range []*types.HeadStatement{message.First, message.Second} {
		head, ok := codec.ToDigest(statement.Head)
		if !ok {
			return sdkmath.Int{}, types.ErrEvidence.Wrapf("expected a head of 32 bytes, found %d", len(statement.Head))
		}
		if !ed25519x.VerifyStrict(worker[:], codec.HeadStatement(ctx.ChainID(), log, message.Count, head), statement.Signature) {
			return sdkmath.Int{}, types.ErrEvidence.Wrapf("head %x at count %d is not signed by %x", head, message.Count, worker)
		}
	}
	return k.convict(ctx, message.Reporter, worker[:], faultHead)
}

// headerFault convicts a sequencer that signed two headers of one number of a term.
func (k *Keeper) headerFault(ctx sdk.Context, message *types.MsgReportHeaderFault) (sdkmath.Int, error) {
	first, err := signedHeader(ctx, message.SequencerKey, message.FirstHeader, message.FirstSignature)
	if err != nil {
		return sdkmath.Int{}, err
	}
	second, err := signedHeader(ctx, message.SequencerKey, message.SecondHeader, message.SecondSignature)
	if err != nil {
		return sdkmath.Int{}, err
	}
	if first.Term != second.Term || first.Number != second.Number {
		return sdkmath.Int{}, types.ErrEvidence.Wrapf(
			"expected one term and number, found %d/%d and %d/%d", first.Term, first.Number, second.Term, second.Number)
	}
	if first.Hash() == second.Hash() {
		return sdkmath.Int{}, types.ErrEvidence.Wrap("expected two different headers")
	}
	return k.convict(ctx, message.Reporter, message.SequencerKey, faultHeader)
}

func signedHeader(ctx sdk.Context, key, raw, signature []byte) (codec.Header, error) {
	header, err := codec.DecodeHeader(raw)
	if err != nil {
		return codec.Header{}, types.ErrEvidence.Wrapf("header: %s", err)
	}
	if header.ChainID != ctx.ChainID() {
		return codec.Header{}, types.ErrEvidence.Wrapf("expected chain %s, found %s", ctx.ChainID(), header.ChainID)
	}
	if len(key) != merkleDigestBytes || !ed25519x.VerifyStrict(key, raw, signature) {
		return codec.Header{}, types.ErrEvidence.Wrapf("header %d/%d is not signed by %x", header.Term, header.Number, key)
	}
	return header, nil
}

const merkleDigestBytes = len(merkle.Digest{})

func (k *Keeper) convict(ctx sdk.Context, reporter string, key []byte, fault string) (sdkmath.Int, error) {
	address, err := k.accounts.AddressCodec().StringToBytes(reporter)
	if err != nil {
		return sdkmath.Int{}, err
	}
	return k.registry.Convict(ctx, key, address, fault)
}
