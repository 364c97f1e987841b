package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/testutil"
)

func TestUnencryptedKeysAreRefusedOutsideDevelopmentNetworks(t *testing.T) {
	home := t.TempDir()
	add := []string{"keys", "add", "alice", "--keyring-backend", "test", "--home", home}
	for _, chainID := range []string{"", "lamina-1", "lamina-device"} {
		if _, stderr, err := laminad(t, append(add, "--chain-id", chainID)...); err == nil || !strings.Contains(stderr, "unencrypted") {
			t.Errorf("chain id %q: expected a refusal, found %v: %s", chainID, err, stderr)
		}
	}
	mustRun(t, append(add, "--chain-id", "lamina-dev-1")...)
}

func TestInitBoundsTheBlock(t *testing.T) {
	home := t.TempDir()
	mustRun(t, "init", "solo", "--chain-id", "lamina-dev-1", "--home", home)
	genesis, err := genutiltypes.AppGenesisFromFile(filepath.Join(home, "config", "genesis.json"))
	if err != nil {
		t.Fatal(err)
	}
	if found := genesis.Consensus.Params.Block; found.MaxGas != app.BlockGasMax || found.MaxBytes != app.BlockBytesMax {
		t.Fatalf("expected bounded blocks, found %+v", found)
	}
	configuration := readFile(t, filepath.Join(home, "config", "config.toml"))
	for _, expected := range []string{`laddr = "tcp://127.0.0.1:26657"`, `timeout_propose = "1s"`, "cors_allowed_origins = []"} {
		if !strings.Contains(configuration, expected) {
			t.Errorf("expected config.toml to hold %s", expected)
		}
	}
	if application := readFile(t, filepath.Join(home, "config", "app.toml")); !strings.Contains(application, `query-gas-limit = "50000000"`) {
		t.Error("expected app.toml to bound the gas of queries")
	}
}

func TestGenesisByTheUsualSteps(t *testing.T) {
	home := t.TempDir()
	common := []string{"--home", home, "--keyring-backend", "test", "--chain-id", "lamina-dev-1"}
	mustRun(t, "init", "solo", "--chain-id", "lamina-dev-1", "--home", home)
	mustRun(t, append([]string{"keys", "add", "alice"}, common...)...)
	mustRun(t, append([]string{"genesis", "add-genesis-account", "alice", "2000000ulam"}, common[:4]...)...)
	mustRun(t, append([]string{"genesis", "gentx", "alice", "1000000ulam"}, common...)...)
	mustRun(t, "genesis", "collect-gentxs", "--home", home)
	mustRun(t, "genesis", "validate-genesis", "--home", home)
}

func TestDevnetRefusesWhatItCannotWrite(t *testing.T) {
	root := t.TempDir()
	accounts := filepath.Join(root, "accounts.json")
	if err := os.WriteFile(accounts, []byte(`[{"address":"cosmos1qqq","coins":"1ulam"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		arguments []string
		expected  string
	}{
		"a chain of value":       {[]string{"--chain-id", "lamina-1"}, `found "lamina-1"`},
		"no validators":          {[]string{"--validators", "0"}, "found 0"},
		"ports beyond the last":  {[]string{"--port-base", "65530"}, "found 65530 to 65540"},
		"an unknown preset":      {[]string{"--preset", "huge"}, `found "huge"`},
		"an unknown indexer":     {[]string{"--indexer", "psql"}, `found "psql"`},
		"a foreign address":      {[]string{"--accounts", accounts}, "entry 0"},
		"a missing account file": {[]string{"--accounts", accounts + "x"}, "no such file"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			arguments := append([]string{"devnet", "init", "--home-root", filepath.Join(root, "net")}, test.arguments...)
			if _, stderr, err := laminad(t, arguments...); err == nil || !strings.Contains(stderr, test.expected) {
				t.Fatalf("expected an error with %q, found %v: %s", test.expected, err, stderr)
			}
		})
	}
}

// listeners are the lines of a configuration that name an address to listen on.
var listeners = regexp.MustCompile(`(?m)^(laddr|address|prometheus_listen_addr) = ".+"`)

func TestDevnetWritesEveryHomeOnce(t *testing.T) {
	root := t.TempDir()
	accounts := filepath.Join(root, "accounts.json")
	address := testutil.NewAccount("alice").String()
	if err := os.WriteFile(accounts, []byte(`[{"address":"`+address+`","coins":"5ulam"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	summary := initDevnet(t, "--validators", "4", "--port-base", "27000", "--accounts", accounts, "--grpc")
	if len(summary.Nodes) != 4 || summary.Nodes[3].RPC != "http://127.0.0.1:27031" || summary.Nodes[3].GRPC != "127.0.0.1:27032" {
		t.Fatalf("expected four nodes, ten ports each, found %+v", summary)
	}
	first := readFile(t, summary.Genesis)
	for _, written := range summary.Nodes {
		if readFile(t, filepath.Join(written.Home, "config", "genesis.json")) != first {
			t.Errorf("%s: expected the same genesis as the others", written.Home)
		}
		for _, file := range []string{"config.toml", "app.toml"} {
			configuration := readFile(t, filepath.Join(written.Home, "config", file))
			for _, listener := range listeners.FindAllString(configuration, -1) {
				if !strings.Contains(listener, "127.0.0.1") {
					t.Errorf("%s: expected loopback listeners alone, found %s", written.Home, listener)
				}
			}
		}
		if mode := fileMode(t, filepath.Join(written.Home, "config", "priv_validator_key.json")); mode != 0o600 {
			t.Errorf("%s: expected a private consensus key, found mode %o", written.Home, mode)
		}
	}
	if !strings.Contains(first, address) {
		t.Error("expected the genesis to hold the account asked for")
	}
	again := []string{"devnet", "init", "--home-root", filepath.Dir(summary.Nodes[0].Home)}
	if _, stderr, err := laminad(t, again...); err == nil || !strings.Contains(stderr, "remove the old network first") {
		t.Fatalf("expected a second network in one folder to be refused, found %v: %s", err, stderr)
	}
}

func TestQueryMethodsListsOurServices(t *testing.T) {
	listed := mustRun(t, "query", "methods", "cosmos.bank", "--home", t.TempDir())
	if !strings.Contains(listed, "cosmos.bank.v1beta1.Query/Balance cosmos.bank.v1beta1.QueryBalanceRequest\n") {
		t.Fatalf("expected the bank's queries, found\n%s", listed)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func fileMode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}
