package app

import (
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/auth/ante"
)

// unorderedTimeoutMax bounds how far ahead an unordered transaction may expire, and so how long its nonce stays in
// state. Sequencers send many transactions at once and resend within seconds; ten minutes covers a restart.
const unorderedTimeoutMax = 10 * time.Minute

// newAnteHandler builds the checks that run before a transaction's messages: size and gas, memo, timeout, fee,
// signatures, sequence or unordered nonce. There is no fee grant, and extension options are refused.
func (app *App) newAnteHandler() (sdk.AnteHandler, error) {
	return ante.NewAnteHandler(ante.HandlerOptions{
		AccountKeeper:   app.AccountKeeper,
		BankKeeper:      app.BankKeeper,
		SignModeHandler: app.encoding.TxConfig.SignModeHandler(),
		SigGasConsumer:  ante.DefaultSigVerificationGasConsumer,
		SigVerifyOptions: []ante.SigVerificationDecoratorOption{
			ante.WithMaxUnorderedTxTimeoutDuration(unorderedTimeoutMax),
			ante.WithUnorderedTxGasCost(ante.DefaultUnorderedTxGasCost),
		},
	})
}
