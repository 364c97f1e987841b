package random_test

import (
	"strconv"

	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

const (
	active = registrytypes.OperatorStatus_OPERATOR_STATUS_ACTIVE
	paused = registrytypes.OperatorStatus_OPERATOR_STATUS_PAUSED
	guilty = registrytypes.OperatorStatus_OPERATOR_STATUS_CONVICTED
	gone   = registrytypes.OperatorStatus_OPERATOR_STATUS_GONE

	workerRole    = registrytypes.OperatorRole_OPERATOR_ROLE_WORKER
	sequencerRole = registrytypes.OperatorRole_OPERATOR_ROLE_SEQUENCER
)

func (w *world) registryFactories() []weighted {
	return []weighted{
		factory(20, "worker", func(s situation) attempt[*registrytypes.MsgRegisterOperator] { return w.register(s, workerRole) }),
		factory(6, "sequencer", func(s situation) attempt[*registrytypes.MsgRegisterOperator] { return w.register(s, sequencerRole) }),
		factory(6, "valid", w.addBond), factory(3, "valid", w.rotateKey), factory(4, "valid", w.setPaused), factory(2, "valid", w.unbond),
		factory(4, "valid", w.updateOperator), factory(3, "valid", w.registerModel),
	}
}

func (w *world) registerModel(s situation) attempt[*registrytypes.MsgRegisterModel] {
	from := s.anybody()
	w.made++
	manifest := scenario.Manifest("model-" + strconv.Itoa(w.made))
	return attempt[*registrytypes.MsgRegisterModel]{
		from: from, message: &registrytypes.MsgRegisterModel{Publisher: from.AddressBech32, Manifest: manifest, Version: "1"},
		effect: func() { w.models = append(w.models, codec.ModelID(manifest)) },
	}
}

func (w *world) register(s situation, role registrytypes.OperatorRole) attempt[*registrytypes.MsgRegisterOperator] {
	from, found := s.accountWhere(func(account simtypes.Account) bool {
		operator, known := w.operatorOf(s, account.AddressBech32, role)
		return !known || operator.Status == gone
	})
	if !found {
		return noAttempt[*registrytypes.MsgRegisterOperator]("all are registered")
	}
	bond, affordable := s.amount(&from, bondMin, 200*bondMin)
	if !affordable {
		return noAttempt[*registrytypes.MsgRegisterOperator]("no bond")
	}
	key, signature, expires := w.possess(s, codec.Role(role), from.AddressBech32)
	public := key.Public()
	message := &registrytypes.MsgRegisterOperator{
		Operator: from.AddressBech32, Role: role, SigningKey: public[:], Possession: signature, PossessionExpires: expires, Bond: bond,
	}
	if role == workerRole {
		message.NatsKey = scenario.NATSKey(from.AddressBech32)
	}
	return attempt[*registrytypes.MsgRegisterOperator]{from: from, message: message, effect: func() { w.openLog(role, public, 0) }}
}

func (w *world) openLog(role registrytypes.OperatorRole, public codec.Digest, incarnation uint32) {
	if role == workerRole {
		w.logs = append(w.logs, logID{public, incarnation})
	}
}

func (w *world) operatorOf(s situation, account string, role registrytypes.OperatorRole) (registrytypes.Operator, bool) {
	operator, known, err := w.app.RegistryKeeper.GetOperatorByAccount(s, account, role)
	w.noError(err)
	return operator, known
}

// operatorIn finds an operator in one of some statuses, with its account.
func (w *world) operatorIn(s situation, role registrytypes.OperatorRole, allowed ...registrytypes.OperatorStatus) (simsx.SimAccount, registrytypes.Operator, bool) {
	from, found := s.accountWhere(func(account simtypes.Account) bool {
		operator, known := w.operatorOf(s, account.AddressBech32, role)
		return known && registrytypes.CheckStatus(operator, allowed...) == nil
	})
	if !found {
		return from, registrytypes.Operator{}, false
	}
	operator, _ := w.operatorOf(s, from.AddressBech32, role)
	return from, operator, true
}

func anyRole(s situation) registrytypes.OperatorRole {
	if s.oneIn(3) {
		return sequencerRole
	}
	return workerRole
}

func (w *world) addBond(s situation) attempt[*registrytypes.MsgAddBond] {
	from, operator, found := w.operatorIn(s, anyRole(s), active, paused)
	if !found {
		return noAttempt[*registrytypes.MsgAddBond]("no operator")
	}
	added, affordable := s.amount(&from, 1, 10*bondMin)
	if !affordable {
		return noAttempt[*registrytypes.MsgAddBond]("no coins")
	}
	return attempt[*registrytypes.MsgAddBond]{from: from, message: &registrytypes.MsgAddBond{Operator: from.AddressBech32, Role: operator.Role, Amount: added}}
}

func (w *world) rotateKey(s situation) attempt[*registrytypes.MsgRotateKey] {
	from, operator, found := w.operatorIn(s, anyRole(s), active, paused)
	if !found {
		return noAttempt[*registrytypes.MsgRotateKey]("no operator")
	}
	key, signature, expires := w.possess(s, codec.Role(operator.Role), from.AddressBech32)
	public := key.Public()
	return attempt[*registrytypes.MsgRotateKey]{
		from: from, effect: func() { w.openLog(operator.Role, public, 0) }, message: &registrytypes.MsgRotateKey{
			Operator: from.AddressBech32, Role: operator.Role, SigningKey: public[:], Possession: signature, PossessionExpires: expires,
		},
	}
}

func (w *world) setPaused(s situation) attempt[*registrytypes.MsgSetPaused] {
	from, operator, found := w.operatorIn(s, anyRole(s), active, paused)
	if !found {
		return noAttempt[*registrytypes.MsgSetPaused]("no operator")
	}
	return attempt[*registrytypes.MsgSetPaused]{
		from: from, message: &registrytypes.MsgSetPaused{Operator: from.AddressBech32, Role: operator.Role, Paused: operator.Status == active},
	}
}

func (w *world) unbond(s situation) attempt[*registrytypes.MsgUnbond] {
	from, operator, found := w.operatorIn(s, anyRole(s), active, paused, guilty)
	if !found {
		return noAttempt[*registrytypes.MsgUnbond]("no operator")
	}
	made := attempt[*registrytypes.MsgUnbond]{from: from, message: &registrytypes.MsgUnbond{Operator: from.AddressBech32, Role: operator.Role}}
	if operator.UnbondingSince != 0 {
		made.refused = registrytypes.ErrOperatorStatus
	}
	return made
}

func (w *world) updateOperator(s situation) attempt[*registrytypes.MsgUpdateOperator] {
	from, operator, found := w.operatorIn(s, anyRole(s), active, paused)
	if !found {
		return noAttempt[*registrytypes.MsgUpdateOperator]("no operator")
	}
	message := &registrytypes.MsgUpdateOperator{Operator: from.AddressBech32, Role: operator.Role, NatsKey: operator.NatsKey, Region: "eu-" + strconv.Itoa(s.rand().Intn(9))}
	if model, known := randomly(s.rand(), w.models); known && operator.Role == workerRole {
		message.Offers = []*registrytypes.Offer{{ModelId: model[:], UnitPrice: uint64(1 + s.rand().Intn(100))}}
	}
	return attempt[*registrytypes.MsgUpdateOperator]{from: from, message: message}
}
