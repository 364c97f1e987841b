package settlement_test

import (
	"strconv"

	"pgregory.net/rapid"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
	rolluptypes "github.com/lamina-network/lamina/chain/x/rollup/types"
)

func decimal(amount int64) string { return strconv.FormatInt(amount, 10) }

// actions are weighted by how often they are listed: work and its settling are what the rest interferes with.
func (m *machine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"work": m.work, "work again": m.work, "seal": m.seal, "submit": m.submit, "settle": m.settleAll, "settle again": m.settleAll,
		"settle more": m.settleAll, "settle most": m.settleAll, "resubmit": m.resubmit, "force": m.force, "fork": m.fork,
		"register worker":    func(t *rapid.T) { m.register(t, pick(t, "account", workerNames), workerRole) },
		"register sequencer": func(t *rapid.T) { m.register(t, pick(t, "account", sequencerNames), sequencerRole) },
		"add bond":           m.addBond, "rotate": m.rotate, "incarnation": m.newIncarnation, "unbond": m.unbond,
		"pause": m.pause, "jail": m.jail, "unjail": m.unjail, "head fault": m.headFault, "header fault": m.headerFault,
		"take term": m.takeTerm, "open lane": m.openLane, "open lane too": m.openLane, "top up": m.topUp, "revoke": m.revoke,
		"close lane": m.closeLane, "withdraw": m.withdraw, "parameters": m.changeParams, "wait": m.wait,
	}
}

// seldom lets an action happen about once in so many times.
func seldom(t *rapid.T, times int) {
	if rapid.IntRange(0, times-1).Draw(t, "chance") != times/2 {
		t.Skip("seldom")
	}
}

// setUp gives the machine a sequencer, workers and lanes to begin with.
func (m *machine) setUp(t *rapid.T) {
	m.register(t, sequencerNames[0], sequencerRole)
	for _, name := range workerNames[:2] {
		m.register(t, name, workerRole)
	}
	for range 2 {
		m.openLane(t)
	}
}

func (m *machine) register(t *rapid.T, account string, role registrytypes.OperatorRole) {
	key, bond := m.newKey(), 20*bondMin-rapid.Int64Range(0, 19*bondMin+1).Draw(t, "less bond")
	public, signature, expires := m.possess(t, codec.Role(role), key, account)
	message := &registrytypes.MsgRegisterOperator{
		Operator: m.accounts[account].String(), Role: role, SigningKey: public, Possession: signature, PossessionExpires: expires, Bond: decimal(bond),
	}
	if role == workerRole {
		message.NatsKey = scenario.NATSKey(account)
	}
	before := m.operatorOf(account, role)
	m.deliver(t, account, unless(
		bond < bondMin, registrytypes.ErrBondTooSmall,
		before != nil && before.status != gone, registrytypes.ErrOperatorExists,
	), func() {
		added := &operator{id: uint64(len(m.operators) + 1), account: account, role: role, key: string(public), status: active, bond: bond}
		m.operators = append(m.operators, added)
		m.wallets[account] -= bond
		m.addKey(added, key)
		if role == sequencerRole && m.term.term == 0 {
			m.startTerm(added, m.height)
		}
	}, message)
}

func (m *machine) addKey(owner *operator, key scenario.Key) {
	public := key.Public()
	m.keys[string(public[:])] = &signingKey{operator: owner.id, registered: m.height}
	owner.key = string(public[:])
	if owner.role == workerRole {
		m.openBook(owner, public, 0)
	}
}

func (m *machine) openBook(owner *operator, key codec.Digest, incarnation uint32) {
	id := logID{key, incarnation}
	worker := &scenario.Worker{
		Operator:    &scenario.Operator{Account: m.accounts[owner.account], Key: m.signers[string(key[:])], ID: owner.id},
		Incarnation: incarnation, Head: startHead(id),
	}
	m.books[id] = &book{Worker: worker}
	m.bookIDs = append(m.bookIDs, id)
}

// anyOperator gives one that was registered, whatever became of it, or nil.
func (m *machine) anyOperator(t *rapid.T) *operator {
	if len(m.operators) == 0 {
		t.Skip("no operator yet")
	}
	each := pick(t, "operator", m.operators)
	return m.operatorOf(each.account, each.role)
}

func isOneOf(found registrytypes.OperatorStatus, statuses ...registrytypes.OperatorStatus) bool {
	for _, status := range statuses {
		if found == status {
			return true
		}
	}
	return false
}

func (m *machine) addBond(t *rapid.T) {
	each, added := m.anyOperator(t), rapid.Int64Range(1, bondMin).Draw(t, "added")
	m.deliver(t, each.account, unless(!isOneOf(each.status, active, paused, jailed), registrytypes.ErrOperatorStatus), func() {
		each.bond += added
		m.wallets[each.account] -= added
	}, &registrytypes.MsgAddBond{Operator: m.accounts[each.account].String(), Role: each.role, Amount: decimal(added)})
}

func (m *machine) rotate(t *rapid.T) {
	seldom(t, 3)
	each, key := m.anyOperator(t), m.newKey()
	public, signature, expires := m.possess(t, codec.Role(each.role), key, each.account)
	m.deliver(t, each.account, unless(!isOneOf(each.status, active, paused, jailed), registrytypes.ErrOperatorStatus), func() {
		m.keys[each.key].retired = m.height + horizon
		m.addKey(each, key)
	}, &registrytypes.MsgRotateKey{
		Operator: m.accounts[each.account].String(), Role: each.role, SigningKey: public, Possession: signature, PossessionExpires: expires,
	})
}

func (m *machine) unbond(t *rapid.T) {
	seldom(t, 5)
	each := m.anyOperator(t)
	m.deliver(t, each.account, unless(
		!isOneOf(each.status, active, paused, jailed, convicted) || each.since != 0, registrytypes.ErrOperatorStatus,
	), func() {
		each.since, each.ends = m.height, m.height+unbondingTime
		if each.status != convicted {
			each.status = unbonding
		}
	}, &registrytypes.MsgUnbond{Operator: m.accounts[each.account].String(), Role: each.role})
}

func (m *machine) pause(t *rapid.T) {
	each, isPause := m.anyOperator(t), rapid.Bool().Draw(t, "pause")
	from, to := paused, active
	if isPause {
		from, to = active, paused
	}
	m.deliver(t, each.account, unless(each.status != from, registrytypes.ErrOperatorStatus), func() { each.status = to },
		&registrytypes.MsgSetPaused{Operator: m.accounts[each.account].String(), Role: each.role, Paused: isPause})
}

func (m *machine) jail(t *rapid.T) {
	seldom(t, 5)
	each := m.anyOperator(t)
	m.asAuthority(t, isOneOf(each.status, active, paused), func() {
		each.status, each.jailedUntil = jailed, m.height+jailTime
	}, &registrytypes.MsgJail{Authority: m.Authority(), OperatorId: each.id})
}

// asAuthority executes a message of governance in a block of its own.
func (m *machine) asAuthority(t *rapid.T, allowed bool, effect func(), message sdk.Msg) {
	err := m.ExecuteAsAuthority(message)
	if (err == nil) != allowed {
		t.Fatalf("height %d: %T: expected allowed = %v, found %v", m.height, message, allowed, err)
	}
	if err != nil {
		return
	}
	m.replayable = false
	m.height++
	effect()
	m.endBlock()
	m.check(t)
}

func (m *machine) unjail(t *rapid.T) {
	each := m.anyOperator(t)
	m.deliver(t, each.account, unless(each.status != jailed || m.height+1 < each.jailedUntil, registrytypes.ErrOperatorStatus), func() {
		each.status = active
	}, &registrytypes.MsgUnjail{Operator: m.accounts[each.account].String(), Role: each.role})
}

func (m *machine) changeParams(t *rapid.T) {
	next := rules{
		window: rapid.Int64Range(1, 6).Draw(t, "window"), entries: rapid.Int64Range(1, 6).Draw(t, "entries"),
		dataFee: rapid.Int64Range(0, 5).Draw(t, "data fee"), signatureFee: rapid.Int64Range(0, 5).Draw(t, "signature fee"),
		protocolBps: rapid.Int64Range(0, 2_000).Draw(t, "protocol"), takeover: rapid.Int64Range(2, 6).Draw(t, "takeover"),
		delay: rapid.Int64Range(1, 4).Draw(t, "delay"), exposureBps: 7_500 - rapid.Int64Range(0, 7_499).Draw(t, "less exposure"),
	}
	params, err := m.App.RollupKeeper.Params.Get(m.Context())
	if err != nil {
		t.Fatal(err)
	}
	params.ChallengeWindow, params.FinalityEntriesPerBlock = uint64(next.window), uint32(next.entries)
	params.DataFee, params.SignatureFee, params.ProtocolFeeBps = uint64(next.dataFee), uint64(next.signatureFee), uint32(next.protocolBps)
	params.TakeoverHeights, params.IncarnationDelay, params.ExposureBps = uint64(next.takeover), uint64(next.delay), uint32(next.exposureBps)
	m.asAuthority(t, true, func() { m.rules = next }, &rolluptypes.MsgUpdateParams{Authority: m.Authority(), Params: &params})
}

func (m *machine) openLane(t *rapid.T) {
	payer, key, limit := pick(t, "payer", payerNames), m.newKey(), 20_000-rapid.Int64Range(0, 19_999).Draw(t, "less limit")
	opened := &lane{payer: payer, end: m.height + 151 - rapid.Int64Range(0, 149).Draw(t, "shorter life"), level: uint32(codec.LevelOptimistic)}
	public, signature, expires := m.possess(t, codec.RoleSpender, key, payer)
	message := &escrowtypes.MsgOpenLane{
		Payer: m.accounts[payer].String(), SpenderKey: public, Possession: signature, PossessionExpires: expires, Limit: decimal(limit),
	}
	switch rapid.IntRange(0, 9).Draw(t, "terms") {
	case 7:
		opened.level = 2
	case 8:
		opened.model = codec.Digest{1}
	case 9:
		opened.model = m.Model
	}
	if opened.model != (codec.Digest{}) {
		message.Models = [][]byte{opened.model[:]}
	}
	message.Levels, message.EndHeight = []uint32{opened.level}, uint64(opened.end)
	m.deliver(t, payer, nil, func() {
		id := uint64(len(m.lanes) + 1)
		opened.Lane = &scenario.Lane{ID: id, Payer: m.accounts[payer], Spender: key}
		opened.balance, opened.registered = limit, m.height
		m.lanes[id] = opened
		m.wallets[payer] -= limit
	}, &escrowtypes.MsgDeposit{Payer: m.accounts[payer].String(), Amount: decimal(limit)}, message)
}

func (m *machine) anyLane(t *rapid.T) *lane {
	return m.lanes[uint64(rapid.IntRange(1, len(m.lanes)).Draw(t, "lane"))]
}

func (m *machine) topUp(t *rapid.T) {
	each, amount := m.anyLane(t), rapid.Int64Range(1, 2_000).Draw(t, "amount")
	m.deliver(t, each.payer, unless(each.closed, escrowtypes.ErrLaneClosed, each.end < m.height+1, escrowtypes.ErrLaneEnd), func() {
		m.wallets[each.payer] -= amount
		each.balance += amount
	}, &escrowtypes.MsgDeposit{Payer: m.accounts[each.payer].String(), Amount: decimal(amount)},
		&escrowtypes.MsgTopUpLane{Payer: m.accounts[each.payer].String(), Lane: each.ID, Amount: decimal(amount)})
}

func (m *machine) revoke(t *rapid.T) {
	seldom(t, 3)
	each := m.anyLane(t)
	m.deliver(t, each.payer, unless(each.closed, escrowtypes.ErrLaneClosed), func() {
		if !each.revoked {
			each.revoked, each.end = true, min(each.end, m.height+horizon)
		}
	}, &escrowtypes.MsgRevokeLane{Payer: m.accounts[each.payer].String(), Lane: each.ID})
}

func (m *machine) closeLane(t *rapid.T) {
	each, sender := m.anyLane(t), pick(t, "sender", m.names)
	closable := each.end
	if sender != each.payer {
		closable += laneGrace
	}
	m.deliver(t, sender, unless(each.closed, escrowtypes.ErrLaneClosed, m.height+1 <= closable, escrowtypes.ErrLaneEnd), func() {
		m.deposits[each.payer] += each.balance
		each.balance, each.closed = 0, true
	}, &escrowtypes.MsgCloseLane{Sender: m.accounts[sender].String(), Lane: each.ID})
}

func (m *machine) withdraw(t *rapid.T) {
	payer, amount := pick(t, "payer", payerNames), rapid.Int64Range(1, 2_000).Draw(t, "amount")
	m.deliver(t, payer, unless(m.deposits[payer] < amount, escrowtypes.ErrDepositTooSmall), func() {
		m.deposits[payer] -= amount
		m.withdrawals = append(m.withdrawals, withdrawal{payer, m.height + withdrawalDelay, amount})
	}, &escrowtypes.MsgRequestWithdrawal{Payer: m.accounts[payer].String(), Amount: decimal(amount)})
}
