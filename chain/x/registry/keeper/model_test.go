package keeper_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

func modelMessage(publisher testutil.Account, manifest []byte, version string) *types.MsgRegisterModel {
	return &types.MsgRegisterModel{Publisher: publisher.String(), Manifest: manifest, Version: version}
}

// changed is a valid manifest of the same name with other bytes.
func changed(t *testing.T, manifest []byte, source string) []byte {
	t.Helper()
	decoded, err := codec.DecodeManifest(manifest)
	require.NoError(t, err)
	decoded.Source = source
	again, err := decoded.Encode()
	require.NoError(t, err)
	return again
}

func TestAModelIsItsManifestsDigest(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	manifest := scenario.Manifest("mine")
	id := codec.ModelID(manifest)
	result := f.MustDeliver(alice, modelMessage(alice, manifest, "1.0"))
	var response types.MsgRegisterModelResponse
	f.Response(result, 0, &response)
	require.Equal(t, id[:], response.ModelId)
	require.Len(t, testutil.Events[*types.EventModel](f.Chain, result.Events), 1)

	var answer types.QueryModelResponse
	f.Query("lamina.registry.v1.Query/Model", &types.QueryModelRequest{ModelId: id[:]}, &answer)
	require.Equal(t, manifest, answer.Model.Manifest)
	require.Equal(t, []*types.Profile{{Id: 1, UnitsPerItem: 3}}, answer.Model.Profiles)
	require.Equal(t, []uint32{1}, answer.Model.Levels)
	require.Equal(t, uint64(f.Height()), answer.Model.RegisteredHeight)
	require.Len(t, answer.Versions, 1)
}

func TestVersionsPointAtModelsForEver(t *testing.T) {
	f := newFixture(t)
	accounts := f.Accounts("alice", "bob")
	alice, bob := accounts[0], accounts[1]
	first := scenario.Manifest("mine")
	second := changed(t, first, "retrained")
	f.MustDeliver(alice, modelMessage(alice, first, "1"))
	registered := uint64(f.Height())
	f.MustFail(alice, types.ErrVersionExists, modelMessage(alice, first, "1"))
	f.MustFail(alice, types.ErrVersionExists, modelMessage(alice, second, "1"))
	f.MustFail(bob, types.ErrNameTaken, modelMessage(bob, second, "2"))
	f.MustDeliver(alice, modelMessage(alice, first, "1-stable"))
	f.MustDeliver(alice, modelMessage(alice, second, "2"))

	find := func(name, version string) []byte {
		var answer types.QueryModelResponse
		f.Query("lamina.registry.v1.Query/Model", &types.QueryModelRequest{Name: name, Version: version}, &answer)
		return answer.Model.Manifest
	}
	require.Equal(t, first, find("mine", "1"))
	require.Equal(t, first, find("mine", "1-stable"))
	require.Equal(t, second, find("mine", "2"))
	require.Equal(t, second, find("mine", ""), "no version means the newest")
	model, found, err := f.App.RegistryKeeper.GetModel(f.Context(), idOf(first))
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, registered, model.RegisteredHeight, "a second name moves no height")

	var missing types.QueryModelResponse
	require.ErrorContains(t, f.TryQuery("lamina.registry.v1.Query/Model", &types.QueryModelRequest{Name: "mine", Version: "3"}, &missing), "unknown")
	var all types.QueryModelsResponse
	f.Query("lamina.registry.v1.Query/Models", &types.QueryModelsRequest{}, &all)
	require.Len(t, all.Versions, 4)
}

func idOf(manifest []byte) []byte {
	id := codec.ModelID(manifest)
	return id[:]
}

func TestRefusedModels(t *testing.T) {
	f := newFixture(t, testutil.WithModuleGenesis("registry", `{"params":{"manifest_bytes_max":1024}}`))
	alice := f.Account("alice")
	manifest := scenario.Manifest("mine")
	for _, version := range []string{"", "1 0", "V1", strings.Repeat("1", 33), "1/2"} {
		f.MustFail(alice, types.ErrVersion, modelMessage(alice, manifest, version))
	}
	f.MustFail(alice, types.ErrManifest, modelMessage(alice, nil, "1"))
	f.MustFail(alice, types.ErrManifest, modelMessage(alice, append(bytes.Clone(manifest), 0), "1"))
	f.MustFail(alice, types.ErrManifest, modelMessage(alice, manifest[:len(manifest)-1], "1"))
	f.MustFail(alice, types.ErrManifest, modelMessage(alice, changed(t, manifest, strings.Repeat("x", 1_024)), "1"))
	f.MustDeliver(alice, modelMessage(alice, manifest, strings.Repeat("1", 32)))
}

// A larger manifest costs more in proportion (T50).
func TestManifestsCostGasByTheByte(t *testing.T) {
	f := newFixture(t)
	alice := f.Account("alice")
	manifest := scenario.Manifest("mine")
	small := f.MustDeliver(alice, modelMessage(alice, manifest, "1")).GasUsed
	large := f.MustDeliver(alice, modelMessage(alice, changed(t, manifest, strings.Repeat("x", 40_000)), "2")).GasUsed
	require.Greater(t, large-small, int64(40_000*(types.GasPerManifestByte+30)))
}
