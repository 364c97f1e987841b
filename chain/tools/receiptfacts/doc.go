// Package receiptfacts runs blocks and a forced run through the whole application in memory and writes down what a maker
// of receipts would collect: rows, headers, records, and the node's own proofs of its state. packages/light-client makes
// receipts of these facts and verifies them, so that chain and verifier cannot drift apart.
//
// It is a test, since chains in memory are: LAMINA_RECEIPT_FACTS=FILE go test -count=1 ./tools/receiptfacts
package receiptfacts
