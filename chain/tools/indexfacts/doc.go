// Package indexfacts runs a chain in memory through everything an index can meet and writes down each height as a
// node's RPC answers it, and the state that the chain ends in. apps/indexer follows the recording and compares.
//
// It is a test, since chains in memory are: LAMINA_INDEX_FACTS=FILE go test -count=1 ./tools/indexfacts
package indexfacts
