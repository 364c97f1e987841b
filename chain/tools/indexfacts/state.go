package indexfacts

import (
	"encoding/hex"

	gogoproto "github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/types/query"

	"github.com/lamina-network/lamina/chain/testutil"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

// answers are the chain's own, to queries at the last height: protobuf, hex.
type answers struct {
	Workers    string            `json:"workers"`
	Sequencers string            `json:"sequencers"`
	Models     string            `json:"models"`
	Lanes      string            `json:"lanes"`
	Deposits   map[string]string `json:"deposits"` // free balance by payer, ulam
	FinalLog   string            `json:"finalLog"`
	Term       string            `json:"term"`
	// Escrow and Registry are the balances of the modules' accounts, ulam.
	Escrow   string            `json:"escrow"`
	Registry string            `json:"registry"`
	Balances map[string]string `json:"balances"` // by account, ulam
}

func askState(s *stage) answers {
	page := &query.PageRequest{Limit: 200}
	ask := func(method string, request, response gogoproto.Message) string {
		s.Query(method, request, response)
		encoded, err := gogoproto.Marshal(response)
		require.NoError(s.TB, err)
		return hex.EncodeToString(encoded)
	}
	role := func(role registrytypes.OperatorRole) string {
		return ask("lamina.registry.v1.Query/Operators", &registrytypes.QueryOperatorsRequest{Role: role, Pagination: page}, &registrytypes.QueryOperatorsResponse{})
	}
	made := answers{
		Workers:    role(registrytypes.OperatorRole_OPERATOR_ROLE_WORKER),
		Sequencers: role(registrytypes.OperatorRole_OPERATOR_ROLE_SEQUENCER),
		Models:     ask("lamina.registry.v1.Query/Models", &registrytypes.QueryModelsRequest{Pagination: page}, &registrytypes.QueryModelsResponse{}),
		Lanes:      ask("lamina.escrow.v1.Query/Lanes", &escrowtypes.QueryLanesRequest{Pagination: page}, &escrowtypes.QueryLanesResponse{}),
		FinalLog:   ask("lamina.rollup.v1.Query/FinalLog", &rolluptypes.QueryFinalLogRequest{}, &rolluptypes.QueryFinalLogResponse{}),
		Term:       ask("lamina.rollup.v1.Query/Term", &rolluptypes.QueryTermRequest{}, &rolluptypes.QueryTermResponse{}),
		Escrow:     s.ModuleBalance("escrow").String(),
		Registry:   s.ModuleBalance("registry").String(),
		Deposits:   map[string]string{},
		Balances:   map[string]string{},
	}
	for _, payer := range s.payers {
		var deposit escrowtypes.QueryDepositResponse
		s.Query("lamina.escrow.v1.Query/Deposit", &escrowtypes.QueryDepositRequest{Payer: payer.String()}, &deposit)
		made.Deposits[payer.String()] = deposit.Balance
	}
	for _, name := range []string{"sequencer", "second", "first", "third", "cheat", "anybody"} {
		account := testutil.NewAccount(name)
		made.Balances[account.String()] = s.Balance(account.Address).String()
	}
	return made
}
