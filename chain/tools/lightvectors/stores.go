package main

import (
	"encoding/hex"
	"fmt"
	"slices"

	"cosmossdk.io/log/v2"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/store/v2/rootmulti"
	"github.com/cosmos/cosmos-sdk/store/v2/types"
)

// storeProofVectors proves keys of stores of several sizes with the node's own query, as `abci_query` would answer.
func storeProofVectors() ([]vector, error) {
	vectors := []vector{}
	for _, entries := range []int{1, 2, 3, 50} {
		for _, stores := range []int{1, 2, 5} {
			made, err := provedStores(entries, stores)
			if err != nil {
				return nil, fmt.Errorf("%d entries, %d stores: %w", entries, stores, err)
			}
			vectors = append(vectors, made...)
		}
	}
	return vectors, nil
}

func provedStores(entries, stores int) ([]vector, error) {
	names := []string{"rollup", "acc", "bank", "registry", "staking"}[:stores]
	multi := rootmulti.NewStore(dbm.NewMemDB(), log.NewNopLogger())
	keys := map[string]types.StoreKey{}
	for _, name := range names {
		keys[name] = types.NewKVStoreKey(name)
		multi.MountStoreWithDB(keys[name], types.StoreTypeIAVL, nil)
	}
	if err := multi.LoadLatestVersion(); err != nil {
		return nil, err
	}
	// Two versions, so that leaves differ in theirs.
	for version := 1; version <= 2; version++ {
		for _, name := range names {
			for i := version - 1; i < entries; i += version {
				multi.GetKVStore(keys[name]).Set(entryKey(i), seeded(name, version, i)[:1+i%32])
			}
		}
		multi.Commit()
	}
	info := multi.LastCommitID()
	vectors := []vector{}
	proved := []int{0, entries / 2, entries - 1}
	slices.Sort(proved)
	for _, i := range slices.Compact(proved) {
		response, err := multi.Query(&types.RequestQuery{Path: "/rollup/key", Data: entryKey(i), Height: info.Version, Prove: true})
		if err != nil {
			return nil, err
		}
		operations := []string{}
		for _, op := range response.ProofOps.Ops {
			operations = append(operations, hex.EncodeToString(op.Data))
		}
		name := fmt.Sprintf("%d entries, %d stores, entry %d", entries, stores, i)
		vectors = append(vectors, vector{name, map[string]any{
			"appHash": hex.EncodeToString(info.Hash), "store": "rollup", "key": hex.EncodeToString(entryKey(i)),
			"value": hex.EncodeToString(response.Value), "operations": operations,
		}, true})
	}
	return vectors, nil
}

func entryKey(i int) []byte { return append([]byte{byte(1 + i)}, seeded("key", i)[:i%9]...) }
