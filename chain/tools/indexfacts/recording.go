package indexfacts

import (
	"crypto/sha256"
	"encoding/json"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	coretypes "github.com/cometbft/cometbft/rpc/core/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/stretchr/testify/require"

	"github.com/lamina-network/lamina/chain/testutil"
)

// recordedHeight is what `block` and `block_results` answer.
type recordedHeight struct {
	Block   json.RawMessage `json:"block"`
	Results json.RawMessage `json:"results"`
}

// recording gathers heights. Its headers are real ones that name each other; validators and commits are left out, since
// no index looks at them.
type recording struct {
	t       *testing.T
	last    cmttypes.BlockID
	appHash []byte
	Heights []recordedHeight
}

func (r *recording) add(request *abci.RequestFinalizeBlock, response *abci.ResponseFinalizeBlock) {
	txs := make([]cmttypes.Tx, len(request.Txs))
	for i, tx := range request.Txs {
		txs[i] = tx
	}
	block := cmttypes.MakeBlock(request.Height, txs, &cmttypes.Commit{}, nil)
	validators := sha256.Sum256([]byte("validators"))
	block.ChainID, block.Time, block.LastBlockID, block.AppHash = testutil.ChainID, request.Time, r.last, r.appHash
	block.ValidatorsHash, block.NextValidatorsHash, block.ProposerAddress = validators[:], validators[:], request.ProposerAddress
	r.last = cmttypes.BlockID{Hash: block.Hash(), PartSetHeader: cmttypes.PartSetHeader{Total: 1, Hash: block.Hash()}}
	r.appHash = response.AppHash
	r.Heights = append(r.Heights, recordedHeight{
		Block: r.marshal(coretypes.ResultBlock{BlockID: r.last, Block: block}),
		Results: r.marshal(coretypes.ResultBlockResults{
			Height: request.Height, TxsResults: response.TxResults, FinalizeBlockEvents: response.Events, AppHash: response.AppHash,
		}),
	})
}

func (r *recording) marshal(answer any) json.RawMessage {
	encoded, err := cmtjson.Marshal(answer)
	require.NoError(r.t, err)
	return encoded
}
