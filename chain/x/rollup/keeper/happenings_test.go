package keeper_test

import (
	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	"github.com/lamina-network/lamina/chain/testutil/scenario"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

// What others may do between a block's signing and its acceptance.

const workerRole = registrytypes.OperatorRole_OPERATOR_ROLE_WORKER

func jail(s *stage, _ scenario.Run) {
	var operator registrytypes.QueryOperatorResponse
	s.Query("lamina.registry.v1.Query/Operator", &registrytypes.QueryOperatorRequest{Id: s.worker.ID}, &operator)
	if operator.Operator.Status != registrytypes.OperatorStatus_OPERATOR_STATUS_ACTIVE {
		return
	}
	require.NoError(s.TB, s.ExecuteAsAuthority(&registrytypes.MsgJail{Authority: s.Authority(), OperatorId: s.worker.ID}))
}

func changePrice(s *stage, _ scenario.Run) {
	s.Deliver(s.worker.Account, &registrytypes.MsgUpdateOperator{
		Operator: s.worker.Account.String(), Role: workerRole, NatsKey: scenario.NATSKey("worker"),
		Offers: []*registrytypes.Offer{{ModelId: s.Model[:], UnitPrice: 10 * scenario.UnitPrice}},
	})
}

func revokeLane(s *stage, _ scenario.Run) {
	s.MustDeliver(s.lane.Payer, &escrowtypes.MsgRevokeLane{Payer: s.lane.Payer.String(), Lane: s.lane.ID})
}

func withdraw(s *stage, _ scenario.Run) {
	payer := s.lane.Payer.String()
	s.MustDeliver(s.lane.Payer, &escrowtypes.MsgDeposit{Payer: payer, Amount: "500"}, &escrowtypes.MsgRequestWithdrawal{Payer: payer, Amount: "500"})
}

func rotateKey(s *stage, _ scenario.Run) {
	key := scenario.NewKey("rotated")
	public, expires := key.Public(), uint64(s.Height())+50
	statement, err := codec.PossessStatement(testutil.ChainID, codec.RoleWorker, public[:], s.worker.Account.String(), expires)
	require.NoError(s.TB, err)
	signature := key.Sign(statement)
	s.Deliver(s.worker.Account, &registrytypes.MsgRotateKey{
		Operator: s.worker.Account.String(), Role: workerRole, SigningKey: public[:], Possession: signature[:], PossessionExpires: expires,
	})
}

func unbond(s *stage, _ scenario.Run) {
	s.MustDeliver(s.worker.Account, &registrytypes.MsgUnbond{Operator: s.worker.Account.String(), Role: workerRole})
}
