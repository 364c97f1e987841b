package main

import (
	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/lamina-network/lamina/chain/app"
	"github.com/lamina-network/lamina/chain/app/identity"
)

// Posting is what one batch costs. Bytes are the whole transaction's; gas without data leaves out what x/auth charges
// for each byte of it.
type Posting struct {
	Payers           int     `json:"payers"`
	Rows             int     `json:"rows"`
	Bytes            int     `json:"bytes"`
	BytesPerRow      float64 `json:"bytes_per_row"`
	Gas              uint64  `json:"gas"`
	GasPerRow        float64 `json:"gas_per_row"`
	GasWithoutData   uint64  `json:"gas_without_data"`
	PlainPerRow      float64 `json:"gas_per_row_without_data"`
	ShareOfTransfer  float64 `json:"row_gas_of_a_bank_transfer"`
	PlainOfTransfer  float64 `json:"row_gas_without_data_of_a_bank_transfer"`
	OfABlockGasLimit float64 `json:"part_of_block_gas"`
}

// Transfer is a bank transfer between two accounts, measured in the same way.
type Transfer struct {
	Bytes          int    `json:"bytes"`
	Gas            uint64 `json:"gas"`
	GasWithoutData uint64 `json:"gas_without_data"`
}

func measureTransfer() Transfer {
	s := newStage(0, 0)
	accounts := s.Accounts("alice", "bob")
	coins := sdk.NewCoins(sdk.NewInt64Coin(identity.Denom, 7))
	transaction := s.sign(accounts[0], &banktypes.MsgSend{FromAddress: accounts[0].String(), ToAddress: accounts[1].String(), Amount: coins})
	gas := s.deliver(transaction)
	return Transfer{Bytes: len(transaction), Gas: gas, GasWithoutData: gas - s.dataGas(transaction)}
}

// measurePosting posts two batches and reports the second, for which all bitmaps exist: the usual case.
func measurePosting(payers, rows int, transfer Transfer) Posting {
	s := newStage(1, payers)
	s.deliver(s.sign(s.sequencer.Account, s.batch(rows)))
	transaction := s.sign(s.sequencer.Account, s.batch(rows))
	gas := s.deliver(transaction)
	plain := gas - s.dataGas(transaction)
	count := float64(rows)
	return Posting{
		Payers: payers, Rows: rows, Bytes: len(transaction), BytesPerRow: float64(len(transaction)) / count,
		Gas: gas, GasPerRow: float64(gas) / count, GasWithoutData: plain, PlainPerRow: float64(plain) / count,
		ShareOfTransfer:  float64(gas) / count / float64(transfer.Gas),
		PlainOfTransfer:  float64(plain) / count / float64(transfer.GasWithoutData),
		OfABlockGasLimit: float64(gas) / float64(app.BlockGasMax),
	}
}

// dataGas is what x/auth charges for the bytes of a transaction.
func (s *stage) dataGas(transaction []byte) uint64 {
	params := s.App.AccountKeeper.GetParams(s.Context())
	return params.TxSizeCostPerByte * uint64(len(transaction))
}
