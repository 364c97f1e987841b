package app

import (
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	nodeservice "github.com/cosmos/cosmos-sdk/client/grpc/node"
	"github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	"github.com/cosmos/cosmos-sdk/server/config"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
)

// RegisterAPIRoutes serves the queries of all modules as REST, where the node's operator switched that on.
func (app *App) RegisterAPIRoutes(apiServer *api.Server, _ config.APIConfig) {
	context := apiServer.ClientCtx
	authtx.RegisterGRPCGatewayRoutes(context, apiServer.GRPCGatewayRouter)
	cmtservice.RegisterGRPCGatewayRoutes(context, apiServer.GRPCGatewayRouter)
	nodeservice.RegisterGRPCGatewayRoutes(context, apiServer.GRPCGatewayRouter)
	app.basicModules.RegisterGRPCGatewayRoutes(context, apiServer.GRPCGatewayRouter)
}

// RegisterTxService serves simulation and look-up of transactions.
func (app *App) RegisterTxService(context client.Context) {
	authtx.RegisterTxService(app.GRPCQueryRouter(), context, app.Simulate, app.encoding.InterfaceRegistry)
}

// RegisterTendermintService serves blocks and validator sets through gRPC.
func (app *App) RegisterTendermintService(context client.Context) {
	wrapped := server.NewCometABCIWrapper(app)
	cmtservice.RegisterTendermintService(context, app.GRPCQueryRouter(), app.encoding.InterfaceRegistry, wrapped.Query)
}

// RegisterNodeService serves the node's own configuration and status.
func (app *App) RegisterNodeService(context client.Context, configuration config.Config) {
	nodeservice.RegisterNodeService(context, app.GRPCQueryRouter(), configuration, func() int64 {
		return app.CommitMultiStore().EarliestVersion()
	})
}
