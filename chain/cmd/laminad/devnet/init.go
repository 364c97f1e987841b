package devnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/genesis"
	"github.com/lamina-network/lamina/chain/app/identity"
)

const (
	validatorsMax = 100
	portsPerNode  = 10
)

var (
	// validatorBond is what each validator stakes: equal powers of one million.
	validatorBond = sdkmath.NewInt(1_000_000_000_000)
	// validatorBalance leaves each operator a million ulam for fees beyond its bond.
	validatorBalance = validatorBond.AddRaw(1_000_000)
)

// Options describe the network to write.
type Options struct {
	HomeRoot      string
	Validators    int
	Preset        string
	ChainID       string
	PortBase      int
	AccountsFile  string
	GenesisFile   string
	GRPC          bool
	API           bool
	Metrics       bool
	Indexer       string
	TimeoutCommit time.Duration
	Time          time.Time
}

// Summary tells a launcher where everything is.
type Summary struct {
	ChainID string        `json:"chain_id"`
	Genesis string        `json:"genesis"`
	Nodes   []NodeSummary `json:"nodes"`
}

// NodeSummary is one validator: addresses to dial, and who it is on chain.
type NodeSummary struct {
	Home             string `json:"home"`
	NodeID           string `json:"node_id"`
	P2P              string `json:"p2p"`
	RPC              string `json:"rpc"`
	GRPC             string `json:"grpc,omitempty"`
	API              string `json:"api,omitempty"`
	Metrics          string `json:"metrics,omitempty"`
	OperatorAddress  string `json:"operator_address"`
	ConsensusAddress string `json:"consensus_address"`
}

// validate reports all faults of the options together.
func (o Options) validate() error {
	var faults []error
	if !identity.IsDevelopmentChain(o.ChainID) {
		faults = append(faults, fmt.Errorf("--chain-id: keys are written unencrypted, expected lamina-dev or lamina-dev-*, found %q", o.ChainID))
	}
	if o.Validators < 1 || o.Validators > validatorsMax {
		faults = append(faults, fmt.Errorf("--validators: expected 1 to %d, found %d", validatorsMax, o.Validators))
	}
	if last := o.PortBase + portsPerNode*o.Validators; o.PortBase < 1024 || last > 65535 {
		faults = append(faults, fmt.Errorf("--port-base: expected ports within 1024 to 65535, found %d to %d", o.PortBase, last))
	}
	if o.Indexer != "kv" && o.Indexer != "null" {
		faults = append(faults, fmt.Errorf("--indexer: expected kv or null, found %q", o.Indexer))
	}
	if o.TimeoutCommit < 0 {
		faults = append(faults, fmt.Errorf("--timeout-commit: expected a pause, found %s", o.TimeoutCommit))
	}
	return errors.Join(faults...)
}

// Init writes every node's home and the genesis they share. It refuses a folder that already holds nodes.
func Init(lender *app.App, options Options) (Summary, error) {
	if err := options.validate(); err != nil {
		return Summary{}, err
	}
	preset, err := genesis.LoadPreset(options.Preset)
	if err != nil {
		return Summary{}, err
	}
	if options.TimeoutCommit == 0 {
		options.TimeoutCommit = preset.BlockInterval
	}
	accounts, err := readAccounts(options.AccountsFile)
	if err != nil {
		return Summary{}, err
	}
	overrides, err := readOverrides(options.GenesisFile)
	if err != nil {
		return Summary{}, err
	}
	nodes, err := createNodes(lender, options)
	if err != nil {
		return Summary{}, err
	}
	build := genesis.Options{ChainID: options.ChainID, Time: options.Time, Preset: preset, Accounts: accounts, Modules: overrides}
	for _, node := range nodes {
		build.Validators = append(build.Validators, node.validator())
		build.Accounts = append(build.Accounts, genesis.Account{
			Address: node.operatorAddress(), Coins: sdk.NewCoins(sdk.NewCoin(identity.Denom, validatorBalance)),
		})
	}
	content, err := genesis.Build(lender, build)
	if err != nil {
		return Summary{}, err
	}
	summary := Summary{ChainID: options.ChainID, Genesis: nodes[0].comet.GenesisFile()}
	for _, node := range nodes {
		if err := genutil.ExportGenesisFile(content, node.comet.GenesisFile()); err != nil {
			return Summary{}, fmt.Errorf("write genesis of %s: %w", node.home, err)
		}
		if err := node.writeConfiguration(options, nodes); err != nil {
			return Summary{}, err
		}
		summary.Nodes = append(summary.Nodes, node.summary(options))
	}
	return summary, nil
}

func createNodes(lender *app.App, options Options) ([]*node, error) {
	root, err := filepath.Abs(options.HomeRoot)
	if err != nil {
		return nil, fmt.Errorf("resolve --home-root: %w", err)
	}
	nodes := make([]*node, options.Validators)
	for index := range nodes {
		home := filepath.Join(root, fmt.Sprintf("node%d", index))
		if _, err := os.Stat(home); err == nil {
			return nil, fmt.Errorf("--home-root: expected no %s yet; remove the old network first", home)
		}
		if nodes[index], err = createNode(lender, home, index, options); err != nil {
			return nil, fmt.Errorf("create %s: %w", home, err)
		}
	}
	return nodes, nil
}

// readAccounts reads balances; an empty path is no accounts.
func readAccounts(path string) ([]genesis.Account, error) {
	if path == "" {
		return nil, nil
	}
	encoded, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--accounts: %w", err)
	}
	var entries []struct {
		Address string `json:"address"`
		Coins   string `json:"coins"`
	}
	if err := json.Unmarshal(encoded, &entries); err != nil {
		return nil, fmt.Errorf("--accounts %s: expected [{address, coins}]: %w", path, err)
	}
	accounts := make([]genesis.Account, len(entries))
	for index, entry := range entries {
		if accounts[index].Address, err = sdk.AccAddressFromBech32(entry.Address); err != nil {
			return nil, fmt.Errorf("--accounts %s, entry %d: %w", path, index, err)
		}
		if accounts[index].Coins, err = sdk.ParseCoinsNormalized(entry.Coins); err != nil {
			return nil, fmt.Errorf("--accounts %s, entry %d: %w", path, index, err)
		}
	}
	return accounts, nil
}

func readOverrides(path string) (map[string]json.RawMessage, error) {
	if path == "" {
		return nil, nil
	}
	encoded, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("--genesis-overrides: %w", err)
	}
	var overrides map[string]json.RawMessage
	if err := json.Unmarshal(encoded, &overrides); err != nil {
		return nil, fmt.Errorf("--genesis-overrides %s: expected {module: {...}}: %w", path, err)
	}
	return overrides, nil
}
