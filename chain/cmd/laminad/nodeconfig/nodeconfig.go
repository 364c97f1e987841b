// Package nodeconfig holds the configuration a Lamina node starts from: closed to the outside, bounded, and quick.
package nodeconfig

import (
	"time"

	cmtconfig "github.com/cometbft/cometbft/config"

	serverconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/lamina-network/lamina/chain/app/identity"
)

const (
	// TransactionBytesMax is the largest transaction a node gossips; a full batch of rows fits.
	TransactionBytesMax = 4 << 20
	// requestBytesMax leaves room for a transaction in base64 and the JSON around it.
	requestBytesMax = 8 << 20
	// timeoutCommit is the pause after a block: half a second gives blocks of 0.5-0.7 s on a loopback network.
	timeoutCommit = 500 * time.Millisecond
	// timeoutPropose is what a dead proposer costs everybody.
	timeoutPropose = time.Second
	// queryGasMax stops a query that would read the whole state; the SDK's default is no limit at all.
	queryGasMax = 50_000_000
	// MinGasPrice is what a node asks at least, so that spam is never free.
	MinGasPrice = "0.001" + identity.Denom
)

// Comet sets Lamina's values in a CometBFT configuration and returns it. Everything listens on loopback.
func Comet(config *cmtconfig.Config) *cmtconfig.Config {
	config.Consensus.TimeoutCommit = timeoutCommit
	config.Consensus.TimeoutPropose = timeoutPropose
	config.Mempool.MaxTxBytes = TransactionBytesMax
	config.RPC.ListenAddress = "tcp://127.0.0.1:26657"
	config.RPC.MaxBodyBytes = requestBytesMax
	config.RPC.CORSAllowedOrigins = []string{}
	config.RPC.Unsafe = false
	config.RPC.PprofListenAddress = ""
	config.P2P.ListenAddress = "tcp://127.0.0.1:26656"
	config.Instrumentation.PrometheusListenAddr = "127.0.0.1:26660"
	return config
}

// DefaultApp is the app.toml of a new node: no API or gRPC listener, CometBFT's own mempool, bounded queries.
func DefaultApp() *serverconfig.Config {
	config := serverconfig.DefaultConfig()
	config.MinGasPrices = MinGasPrice
	config.QueryGasLimit = queryGasMax
	config.API.Enable = false
	config.API.EnableUnsafeCORS = false
	config.API.Swagger = false
	config.API.Address = "tcp://127.0.0.1:1317"
	config.GRPC.Enable = false
	config.GRPC.Address = "127.0.0.1:9090"
	config.GRPCWeb.Enable = false
	return config
}
