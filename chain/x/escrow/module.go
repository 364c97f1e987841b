// Package escrow is the module of deposits, lanes, nonces, the pot and withdrawals. See README.md.
package escrow

import (
	"context"
	"encoding/json"
	"fmt"

	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/lamina-network/lamina/chain/x/escrow/keeper"
	"github.com/lamina-network/lamina/chain/x/escrow/types"
)

var (
	_ module.AppModule           = AppModule{}
	_ module.HasGenesis          = AppModule{}
	_ module.HasConsensusVersion = AppModule{}
	_ appmodule.HasServices      = AppModule{}
	_ appmodule.HasEndBlocker    = AppModule{}
)

// ConsensusVersion counts the layouts of the store, for migrations.
const ConsensusVersion = 1

// AppModule hangs the keeper into the application.
type AppModule struct{ keeper *keeper.Keeper }

// NewAppModule wraps a keeper.
func NewAppModule(keeper *keeper.Keeper) AppModule { return AppModule{keeper: keeper} }

func (AppModule) IsAppModule()                                                  {}
func (AppModule) IsOnePerModuleType()                                           {}
func (AppModule) Name() string                                                  { return types.ModuleName }
func (AppModule) ConsensusVersion() uint64                                      { return ConsensusVersion }
func (AppModule) RegisterLegacyAminoCodec(*codec.LegacyAmino)                   {}
func (AppModule) RegisterGRPCGatewayRoutes(client.Context, *gwruntime.ServeMux) {}
func (AppModule) RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	types.RegisterInterfaces(registry)
}
func (am AppModule) EndBlock(ctx context.Context) error { return am.keeper.EndBlocker(ctx) }

// RegisterServices registers messages and queries.
func (am AppModule) RegisterServices(registrar grpc.ServiceRegistrar) error {
	types.RegisterMsgServer(registrar, keeper.NewMsgServer(am.keeper))
	types.RegisterQueryServer(registrar, keeper.NewQueryServer(am.keeper))
	return nil
}

// DefaultGenesis panics only if our own types do not encode.
//
//consensus:wiring runs when a genesis file is written
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, bytes json.RawMessage) error {
	var state types.GenesisState
	if err := cdc.UnmarshalJSON(bytes, &state); err != nil {
		return fmt.Errorf("read %s genesis: %w", types.ModuleName, err)
	}
	return state.Validate()
}

// InitGenesis panics on a state that does not hold together: the chain must not start on it.
//
//consensus:wiring runs before the first block
func (am AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, bytes json.RawMessage) {
	var state types.GenesisState
	cdc.MustUnmarshalJSON(bytes, &state)
	if err := am.keeper.InitGenesis(ctx, &state); err != nil {
		panic(fmt.Errorf("import %s genesis: %w", types.ModuleName, err))
	}
}

// ExportGenesis panics where the interface leaves no error to return; export is no consensus code.
//
//consensus:wiring runs outside of blocks
func (am AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	state, err := am.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(fmt.Errorf("export %s genesis: %w", types.ModuleName, err))
	}
	return cdc.MustMarshalJSON(state)
}
