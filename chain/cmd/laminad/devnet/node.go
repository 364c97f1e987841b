package devnet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	cmtconfig "github.com/cometbft/cometbft/config"

	clientconfig "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/crypto/hd"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/genesis"
	"github.com/lamina-network/lamina/chain/cmd/laminad/nodeconfig"
)

// operatorKeyName is the name of a validator's account key in its home's keyring.
const operatorKeyName = "validator"

// node is one validator while its home is being written.
type node struct {
	home         string
	index        int
	portBase     int
	nodeID       string
	operator     cryptotypes.PrivKey
	consensusKey cryptotypes.PubKey
	comet        *cmtconfig.Config
}

// createNode makes the home with its keys: node key, consensus key and the operator's account in the keyring.
func createNode(lender *app.App, home string, index int, options Options) (*node, error) {
	for _, folder := range []string{"config", "data"} {
		if err := os.MkdirAll(filepath.Join(home, folder), 0o700); err != nil {
			return nil, err
		}
	}
	comet := nodeconfig.Comet(cmtconfig.DefaultConfig())
	comet.SetRoot(home)
	created := &node{
		home: home, index: index, portBase: options.PortBase + portsPerNode*index,
		operator: secp256k1.GenPrivKey(), comet: comet,
	}
	var err error
	if created.nodeID, created.consensusKey, err = genutil.InitializeNodeValidatorFiles(comet); err != nil {
		return nil, fmt.Errorf("make node and consensus keys: %w", err)
	}
	ring, err := keyring.New(sdk.KeyringServiceName(), keyring.BackendTest, home, nil, lender.Encoding().Codec)
	if err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	hexKey := fmt.Sprintf("%x", created.operator.Bytes())
	if err := ring.ImportPrivKeyHex(operatorKeyName, hexKey, string(hd.Secp256k1Type)); err != nil {
		return nil, fmt.Errorf("store the operator's key: %w", err)
	}
	return created, nil
}

func (n *node) operatorAddress() sdk.AccAddress { return sdk.AccAddress(n.operator.PubKey().Address()) }

// listen is an address on loopback, offset ports above the node's first.
func (n *node) listen(offset int) string { return fmt.Sprintf("127.0.0.1:%d", n.portBase+offset) }

func (n *node) peerAddress() string { return n.nodeID + "@" + n.listen(0) }

func (n *node) validator() genesis.Validator {
	return genesis.Validator{
		Moniker: fmt.Sprintf("node%d", n.index), Operator: n.operator, ConsensusKey: n.consensusKey,
		SelfBond: validatorBond, PeerAddress: n.peerAddress(),
	}
}

// writeConfiguration writes config.toml, app.toml and client.toml. Peers are all other nodes.
func (n *node) writeConfiguration(options Options, all []*node) error {
	var peers []string
	for _, other := range all {
		if other != n {
			peers = append(peers, other.peerAddress())
		}
	}
	n.comet.Moniker = n.validator().Moniker
	n.comet.P2P.ListenAddress = "tcp://" + n.listen(0)
	n.comet.P2P.PersistentPeers = strings.Join(peers, ",")
	// Nodes of one machine share an address, which CometBFT takes for an attack unless told otherwise.
	n.comet.P2P.AddrBookStrict = false
	n.comet.P2P.AllowDuplicateIP = true
	n.comet.RPC.ListenAddress = "tcp://" + n.listen(1)
	n.comet.Consensus.TimeoutCommit = options.TimeoutCommit
	n.comet.TxIndex.Indexer = options.Indexer
	n.comet.Instrumentation.Prometheus = options.Metrics
	n.comet.Instrumentation.PrometheusListenAddr = n.listen(4)
	if err := n.comet.ValidateBasic(); err != nil {
		return fmt.Errorf("config.toml of %s: %w", n.home, err)
	}
	cmtconfig.WriteConfigFile(filepath.Join(n.home, "config", "config.toml"), n.comet)

	application := nodeconfig.DefaultApp()
	application.GRPC.Enable, application.GRPC.Address = options.GRPC, n.listen(2)
	application.API.Enable, application.API.Address = options.API, "tcp://"+n.listen(3)
	serverconfig.WriteConfigFile(filepath.Join(n.home, "config", "app.toml"), application)
	return n.writeClientConfiguration(options)
}

// writeClientConfiguration points `laminad --home` commands at this node and its keyring.
func (n *node) writeClientConfiguration(options Options) error {
	client := clientconfig.DefaultConfig()
	client.ChainID = options.ChainID
	client.KeyringBackend = keyring.BackendTest
	client.KeyringDefaultKeyName = operatorKeyName
	client.Node = "tcp://" + n.listen(1)
	content := fmt.Sprintf("chain-id = %q\nkeyring-backend = %q\nkeyring-default-keyname = %q\noutput = %q\nnode = %q\nbroadcast-mode = %q\n",
		client.ChainID, client.KeyringBackend, client.KeyringDefaultKeyName, client.Output, client.Node, client.BroadcastMode)
	if err := os.WriteFile(filepath.Join(n.home, "config", "client.toml"), []byte(content), 0o600); err != nil {
		return fmt.Errorf("write client.toml of %s: %w", n.home, err)
	}
	return nil
}

func (n *node) summary(options Options) NodeSummary {
	summary := NodeSummary{
		Home: n.home, NodeID: n.nodeID, P2P: "tcp://" + n.listen(0), RPC: "http://" + n.listen(1),
		OperatorAddress:  n.operatorAddress().String(),
		ConsensusAddress: sdk.ConsAddress(n.consensusKey.Address()).String(),
	}
	if options.GRPC {
		summary.GRPC = n.listen(2)
	}
	if options.API {
		summary.API = "http://" + n.listen(3)
	}
	if options.Metrics {
		summary.Metrics = "http://" + n.listen(4)
	}
	return summary
}
