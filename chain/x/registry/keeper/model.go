package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/x/registry/types"
)

// GetModel returns a model by the digest of its manifest.
func (k *Keeper) GetModel(ctx context.Context, modelID []byte) (types.Model, bool, error) {
	return find(ctx, k.models, modelID)
}

// registerModel stores a manifest under its digest (I26) and points a new version of its name at it.
func (k *Keeper) registerModel(ctx context.Context, publisher string, manifest []byte, version string) (codec.Digest, error) {
	params, err := k.GetParams(ctx)
	if err != nil {
		return codec.Digest{}, err
	}
	if len(manifest) > int(params.ManifestBytesMax) {
		return codec.Digest{}, types.ErrManifest.Wrapf("expected at most %d bytes, found %d", params.ManifestBytesMax, len(manifest))
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(types.GasPerManifestByte*uint64(len(manifest)), "manifest")
	decoded, err := codec.DecodeManifest(manifest)
	if err != nil {
		return codec.Digest{}, types.ErrManifest.Wrap(err.Error())
	}
	id := codec.ModelID(manifest)
	entry := types.ModelVersion{
		Name: decoded.Name, Version: version, ModelId: id[:], Publisher: publisher, RegisteredHeight: currentHeight(ctx),
	}
	if err := k.checkNewVersion(ctx, entry); err != nil {
		return codec.Digest{}, err
	}
	if err := k.setModel(ctx, types.NewModel(id, publisher, currentHeight(ctx), decoded, manifest)); err != nil {
		return codec.Digest{}, err
	}
	if err := k.setVersion(ctx, entry); err != nil {
		return codec.Digest{}, err
	}
	return id, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventModel{
		ModelId: id[:], Name: entry.Name, Version: version, Publisher: publisher,
	})
}

// checkNewVersion keeps what a name and version point at for ever, and a name with its first publisher.
func (k *Keeper) checkNewVersion(ctx context.Context, entry types.ModelVersion) error {
	if !types.IsVersion(entry.Version) {
		return types.ErrVersion.Wrapf("expected 1–32 of a-z 0-9 . -, found %.40q", entry.Version)
	}
	newest, found, err := k.newestVersion(ctx, entry.Name)
	if err != nil || !found {
		return err
	}
	if newest.Publisher != entry.Publisher {
		return types.ErrNameTaken.Wrapf("%s is published by %s", entry.Name, newest.Publisher)
	}
	exists, err := k.versions.Has(ctx, collections.Join(entry.Name, entry.Version))
	if err != nil {
		return err
	}
	if exists {
		return types.ErrVersionExists.Wrapf("%s %s", entry.Name, entry.Version)
	}
	return nil
}

// setModel keeps the first registration of a manifest: its height is what acceptance goes by.
func (k *Keeper) setModel(ctx context.Context, model types.Model) error {
	known, err := k.models.Has(ctx, model.ModelId)
	if err != nil || known {
		return err
	}
	return k.models.Set(ctx, model.ModelId, model)
}

// setVersion stores a version; it is the newest when it came later, or at the same height with the greater name, so that
// an imported state names the same one.
func (k *Keeper) setVersion(ctx context.Context, entry types.ModelVersion) error {
	if err := k.versions.Set(ctx, collections.Join(entry.Name, entry.Version), entry); err != nil {
		return err
	}
	newest, found, err := k.newestVersion(ctx, entry.Name)
	if err != nil {
		return err
	}
	isOlder := found && (entry.RegisteredHeight < newest.RegisteredHeight ||
		entry.RegisteredHeight == newest.RegisteredHeight && entry.Version < newest.Version)
	if isOlder {
		return nil
	}
	return k.newestVersions.Set(ctx, entry.Name, entry.Version)
}

func (k *Keeper) newestVersion(ctx context.Context, name string) (types.ModelVersion, bool, error) {
	version, found, err := find(ctx, k.newestVersions, name)
	if err != nil || !found {
		return types.ModelVersion{}, false, err
	}
	return find(ctx, k.versions, collections.Join(name, version))
}

// manifestName reads the name that all versions of a model bear.
func manifestName(model types.Model) (string, error) {
	manifest, err := codec.DecodeManifest(model.Manifest)
	if err != nil {
		return "", types.ErrManifest.Wrapf("model %x: %s", model.ModelId, err)
	}
	return manifest.Name, nil
}
