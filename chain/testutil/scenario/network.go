// Package scenario puts actors on a chain of the harness: a sequencer, workers, payers with lanes, a model. They sign as
// the real ones do, so that a test makes a valid thing and spoils one field.
package scenario

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/lamina-network/lamina/chain/codec"
	"github.com/lamina-network/lamina/chain/testutil"
	escrowtypes "github.com/lamina-network/lamina/chain/x/escrow/types"
	registrytypes "github.com/lamina-network/lamina/chain/x/registry/types"
)

const (
	// Bond is every operator's, in ulam.
	Bond = "5000000000"
	// UnitPrice is the price of the jobs that Worker.Row answers, ulam per unit.
	UnitPrice = 100
	// UnitsPerItem is what an item of profile 1 of the model costs.
	UnitsPerItem = 3
	// LaneLimit is the allotment of lanes, in ulam.
	LaneLimit = "1000000000"
	// laneLife is how many heights a lane lasts.
	laneLife = 10_000
)

// Key is an ed25519 key of an actor.
type Key struct{ private ed25519.PrivateKey }

// NewKey derives a key from a name: the same in every run.
func NewKey(name string) Key {
	seed := sha256.Sum256([]byte("lamina scenario key " + name))
	return Key{private: ed25519.NewKeyFromSeed(seed[:])}
}

// Public is the key's 32 bytes.
func (k Key) Public() codec.Digest { return codec.Digest(k.private.Public().(ed25519.PublicKey)) }

// Sign signs a statement.
func (k Key) Sign(statement []byte) codec.Signature {
	return codec.Signature(ed25519.Sign(k.private, statement))
}

// Network is a chain with actors. The first sequencer registered holds term 1.
type Network struct {
	*testutil.Chain
	Model codec.Digest
	// BlockNumber and Parent are where the next block of the term stands; see Seal.
	Number uint64
	Parent codec.Digest
	Term   uint64
	// ReferenceHeight is stated by the blocks to come; 0 for the last height.
	ReferenceHeight uint64
}

// New starts a chain with one registered model.
func New(chain *testutil.Chain) *Network {
	n := &Network{Chain: chain, Number: 1, Parent: codec.GenesisParent(testutil.ChainID), Term: 1}
	publisher := chain.Account("publisher")
	manifest := Manifest("tiny")
	chain.MustDeliver(publisher, &registrytypes.MsgRegisterModel{Publisher: publisher.String(), Manifest: manifest, Version: "1"})
	n.Model = codec.ModelID(manifest)
	return n
}

// Manifest is a small valid manifest's bytes.
func Manifest(name string) []byte {
	manifest := codec.Manifest{
		Name: name, Task: "classification", Licence: "Apache-2.0", Source: "made for tests",
		Files:  []codec.ManifestFile{{Path: "model.onnx", Size: 100, SHA256: sha256.Sum256([]byte(name))}},
		Graph:  "model.onnx",
		Inputs: []codec.TensorSpec{{Name: "input", Type: 1}}, Outputs: []codec.TensorSpec{{Name: "output", Type: 1}},
		Profiles: []codec.Profile{{ID: 1, UnitsPerItem: UnitsPerItem, Inputs: [][]uint32{{1, 4}}, Outputs: [][]uint32{{1, 2}}}},
		Levels:   []uint8{codec.LevelOptimistic},
	}
	bytes, err := manifest.Encode()
	if err != nil {
		panic(fmt.Sprintf("encode the test manifest: %v", err))
	}
	return bytes
}

func (n *Network) possess(role codec.Role, key Key, account testutil.Account) (codec.Signature, uint64) {
	expires := uint64(n.Height()) + 50
	public := key.Public()
	statement, err := codec.PossessStatement(testutil.ChainID, role, public[:], account.String(), expires)
	if err != nil {
		n.TB.Fatalf("possession statement: %v", err)
	}
	return key.Sign(statement), expires
}

// Operator is a worker or sequencer with its key.
type Operator struct {
	Account testutil.Account
	Key     Key
	ID      uint64
}

// Sequencer registers a sequencer.
func (n *Network) Sequencer(name string) *Operator {
	n.TB.Helper()
	return n.register(name, registrytypes.OperatorRole_OPERATOR_ROLE_SEQUENCER)
}

func (n *Network) register(name string, role registrytypes.OperatorRole) *Operator {
	n.TB.Helper()
	operator := &Operator{Account: n.Account(name), Key: NewKey(name)}
	public := operator.Key.Public()
	signature, expires := n.possess(codec.Role(role), operator.Key, operator.Account)
	message := &registrytypes.MsgRegisterOperator{
		Operator: operator.Account.String(), Role: role, SigningKey: public[:], Possession: signature[:],
		PossessionExpires: expires, Bond: Bond,
	}
	if role == registrytypes.OperatorRole_OPERATOR_ROLE_WORKER {
		message.NatsKey = NATSKey(name)
		message.Offers = []*registrytypes.Offer{{ModelId: n.Model[:], UnitPrice: UnitPrice}}
	}
	var response registrytypes.MsgRegisterOperatorResponse
	n.Response(n.MustDeliver(operator.Account, message), 0, &response)
	operator.ID = response.Id
	return operator
}

// Lane is a payer's allotment with its spender's key.
type Lane struct {
	ID      uint64
	Payer   testutil.Account
	Spender Key
	nonce   uint32
}

// Lane deposits and opens a lane for a payer, with LaneLimit unless a limit is given.
func (n *Network) Lane(payer string, limit ...string) *Lane {
	n.TB.Helper()
	amount := LaneLimit
	if len(limit) > 0 {
		amount = limit[0]
	}
	return n.OpenLanes(n.Account(payer), 1, amount)[0]
}

// OpenLanes deposits for and opens several lanes of one payer, in one transaction.
func (n *Network) OpenLanes(payer testutil.Account, count int, limit string) []*Lane {
	n.TB.Helper()
	lanes, messages := make([]*Lane, count), []sdk.Msg{}
	for i := range lanes {
		lanes[i] = &Lane{Payer: payer, Spender: NewKey(fmt.Sprintf("spender %s %d %d", payer.Name, n.Height(), i))}
		public := lanes[i].Spender.Public()
		signature, expires := n.possess(codec.RoleSpender, lanes[i].Spender, payer)
		messages = append(messages,
			&escrowtypes.MsgDeposit{Payer: payer.String(), Amount: limit},
			&escrowtypes.MsgOpenLane{
				Payer: payer.String(), SpenderKey: public[:], Possession: signature[:], PossessionExpires: expires,
				Limit: limit, EndHeight: uint64(n.Height()) + laneLife, Levels: []uint32{uint32(codec.LevelOptimistic)},
			})
	}
	result := n.MustDeliver(payer, messages...)
	for i := range lanes {
		var response escrowtypes.MsgOpenLaneResponse
		n.Response(result, 2*i+1, &response)
		lanes[i].ID = response.Lane
	}
	return lanes
}
