package random_test

import (
	"cosmossdk.io/math"

	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
)

func (w *world) escrowFactories() []weighted {
	return []weighted{
		factory(15, "valid", w.deposit), factory(20, "valid", w.openLane), factory(8, "valid", w.topUpLane), factory(3, "valid", w.revokeLane),
		factory(8, "valid", w.closeLane), factory(6, "valid", w.requestWithdrawal), factory(2, "uncovered", w.withdrawTooMuch),
	}
}

func (w *world) deposit(s situation) attempt[*escrowtypes.MsgDeposit] {
	from := s.anybody()
	amount, affordable := s.amount(&from, 1, 1_000_000)
	if !affordable {
		return noAttempt[*escrowtypes.MsgDeposit]("no coins")
	}
	return attempt[*escrowtypes.MsgDeposit]{from: from, message: &escrowtypes.MsgDeposit{Payer: from.AddressBech32, Amount: amount}}
}

func (w *world) depositOf(s situation, account string) math.Int {
	deposit, err := w.app.EscrowKeeper.GetDeposit(s, account)
	w.noError(err)
	return deposit
}

// payer finds an account with a deposit, and a part of it.
func (w *world) payer(s situation) (from simsx.SimAccount, amount string, found bool) {
	from, found = s.accountWhere(func(account simtypes.Account) bool { return w.depositOf(s, account.AddressBech32).IsPositive() })
	if !found {
		return from, "", false
	}
	return from, partOf(s, w.depositOf(s, from.AddressBech32)), true
}

func partOf(s situation, whole math.Int) string {
	return math.NewInt(1 + s.rand().Int63n(whole.Int64())).String()
}

func (w *world) openLane(s situation) attempt[*escrowtypes.MsgOpenLane] {
	from, limit, found := w.payer(s)
	if !found {
		return noAttempt[*escrowtypes.MsgOpenLane]("no deposit")
	}
	key, signature, expires := w.possess(s, codec.RoleSpender, from.AddressBech32)
	public := key.Public()
	message := &escrowtypes.MsgOpenLane{
		Payer: from.AddressBech32, SpenderKey: public[:], Possession: signature, PossessionExpires: expires, Limit: limit,
		EndHeight: s.height() + 1 + uint64(s.rand().Intn(90)), Levels: []uint32{uint32(codec.LevelOptimistic)},
	}
	if s.oneIn(20) {
		message.Levels[0]++
	}
	if model, known := randomly(s.rand(), w.models); known && s.oneIn(5) {
		message.Models = [][]byte{model[:]}
	}
	return attempt[*escrowtypes.MsgOpenLane]{
		from: from, message: message, effect: func() { w.lanes = append(w.lanes, &scenario.Lane{ID: uint64(len(w.lanes) + 1), Spender: key}) },
	}
}

// openedLane gives a lane that is not closed, with its payer.
func (w *world) openedLane(s situation) (simsx.SimAccount, escrowtypes.Lane, bool) {
	known, found := randomly(s.rand(), w.lanes)
	if !found {
		return simsx.SimAccount{}, escrowtypes.Lane{}, false
	}
	lane, stored, err := w.app.EscrowKeeper.GetLane(s, known.ID)
	w.noError(err)
	if !stored || lane.Closed {
		return simsx.SimAccount{}, lane, false
	}
	return s.GetAccount(s.reporter, lane.Payer), lane, true
}

func (w *world) topUpLane(s situation) attempt[*escrowtypes.MsgTopUpLane] {
	from, lane, found := w.openedLane(s)
	if !found || !w.depositOf(s, lane.Payer).IsPositive() {
		return noAttempt[*escrowtypes.MsgTopUpLane]("no lane or no deposit")
	}
	made := attempt[*escrowtypes.MsgTopUpLane]{from: from, message: &escrowtypes.MsgTopUpLane{
		Payer: lane.Payer, Lane: lane.Id, Amount: partOf(s, w.depositOf(s, lane.Payer)),
	}}
	if lane.EndHeight < s.height() {
		made.refused = escrowtypes.ErrLaneEnd
	}
	return made
}

func (w *world) revokeLane(s situation) attempt[*escrowtypes.MsgRevokeLane] {
	from, lane, found := w.openedLane(s)
	if !found {
		return noAttempt[*escrowtypes.MsgRevokeLane]("no open lane")
	}
	return attempt[*escrowtypes.MsgRevokeLane]{from: from, message: &escrowtypes.MsgRevokeLane{Payer: lane.Payer, Lane: lane.Id}}
}

func (w *world) closeLane(s situation) attempt[*escrowtypes.MsgCloseLane] {
	from, lane, found := w.openedLane(s)
	if !found {
		return noAttempt[*escrowtypes.MsgCloseLane]("no open lane")
	}
	made := attempt[*escrowtypes.MsgCloseLane]{from: from, message: &escrowtypes.MsgCloseLane{Sender: lane.Payer, Lane: lane.Id}}
	if s.height() <= lane.EndHeight {
		made.refused = escrowtypes.ErrLaneEnd
	}
	return made
}

func (w *world) requestWithdrawal(s situation) attempt[*escrowtypes.MsgRequestWithdrawal] {
	from, amount, found := w.payer(s)
	if !found {
		return noAttempt[*escrowtypes.MsgRequestWithdrawal]("no deposit")
	}
	return attempt[*escrowtypes.MsgRequestWithdrawal]{
		from: from, message: &escrowtypes.MsgRequestWithdrawal{Payer: from.AddressBech32, Amount: amount},
	}
}

// withdrawTooMuch asks for one unit more than there is (I2).
func (w *world) withdrawTooMuch(s situation) attempt[*escrowtypes.MsgRequestWithdrawal] {
	from := s.anybody()
	return attempt[*escrowtypes.MsgRequestWithdrawal]{
		from: from, refused: escrowtypes.ErrDepositTooSmall,
		message: &escrowtypes.MsgRequestWithdrawal{Payer: from.AddressBech32, Amount: w.depositOf(s, from.AddressBech32).AddRaw(1).String()},
	}
}
