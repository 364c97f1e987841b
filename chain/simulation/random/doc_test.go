// Package random_test runs the whole application under the Cosmos SDK's own simulation (simsx): weighted random messages
// of every module, ours and the SDK's, from a random genesis, with the invariants of docs/spec/invariants.md checked after
// every block.
//
//   - app_test.go, genesis_test.go: the application as simsx wants it, and the states it starts from
//   - world_test.go: what the actors know: keys, what they have signed
//   - registry_test.go, escrow_test.go, settling_test.go, spoiling_test.go, faults_test.go: message factories
//   - ledger_test.go, bonds_test.go, blockend_test.go: books kept beside the chain, from messages and events alone
//   - simulation_test.go: the tests
package random_test
