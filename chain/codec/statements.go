package codec

import "fmt"

// Tags of the signed statements and tagged hashes; a change of meaning is a new version. Source: docs/spec/encoding.md.
const (
	TagSignJob = "lamina/sign-job/1"
	TagSpend   = "lamina/spend/1"
	TagHead    = "lamina/head/1"
	TagBlock   = "lamina/block/1"
	TagPossess = "lamina/possess/1"
	TagCancel  = "lamina/cancel/1"
)

// Role is what a key is registered for, once per chain.
type Role uint8

const (
	RoleWorker    Role = 1
	RoleSequencer Role = 2
	RoleSpender   Role = 3
)

const chainIDBytesMax = 50

// CheckChainID refuses what may not stand in a statement: ids are 1–50 characters of `a-z A-Z 0-9 - _ .`.
func CheckChainID(chainID string) error {
	if !isChainID(chainID) {
		return &EncodeError{Item: "chain id", Expected: "1–50 characters of a-z A-Z 0-9 - _ .", Found: fmt.Sprintf("%.60q", chainID)}
	}
	return nil
}

func isChainID(text string) bool {
	for _, character := range []byte(text) {
		isUpper := character >= 'A' && character <= 'Z'
		if !isUpper && !consistsOf(string(rune(character)), "-_.") {
			return false
		}
	}
	return text != "" && len(text) <= chainIDBytesMax
}

// statement starts signed bytes: the tag keeps one statement from passing for another, the chain id one network's from
// another's (I32, T27). CometBFT holds chain ids to 50 characters, so str8 always fits; see CheckChainID.
func statement(tag, chainID string, bodyBytes int) *writer {
	w := newWriter(2 + len(tag) + len(chainID) + bodyBytes)
	w.str8(tag)
	w.str8(chainID)
	return w
}

// SignJobStatement is what a lane's spender signs before anything runs.
func SignJobStatement(chainID string, jobID Digest, settleBy uint64) []byte {
	return jobStatement(TagSignJob, chainID, jobID, settleBy)
}

// CancelStatement is what a lane's spender signs to call a job off.
func CancelStatement(chainID string, jobID Digest, settleBy uint64) []byte {
	return jobStatement(TagCancel, chainID, jobID, settleBy)
}

func jobStatement(tag, chainID string, jobID Digest, settleBy uint64) []byte {
	w := statement(tag, chainID, 40)
	w.digest(jobID)
	w.u64(settleBy)
	return w.bytes
}

// SpendStatement is what a lane's spender signs over its jobs of one block: count job ids under root.
func SpendStatement(chainID string, lane, term, number uint64, count uint32, root Digest) []byte {
	w := statement(TagSpend, chainID, 60)
	w.u64(lane)
	w.u64(term)
	w.u64(number)
	w.u32(count)
	w.digest(root)
	return w.bytes
}

// HeadStatement is what a worker signs: its log holds count rows and ends in head.
func HeadStatement(chainID string, log LogID, count uint64, head Digest) []byte {
	w := statement(TagHead, chainID, 78)
	w.digest(log.Worker)
	w.u8(log.Level)
	w.u8(log.Param)
	w.u32(log.Incarnation)
	w.u64(count)
	w.digest(head)
	return w.bytes
}

// PossessStatement is what a key signs for the account that registers it: nobody registers a stranger's key. account is
// the address as bech32 text, expires the last height at which the statement counts.
func PossessStatement(chainID string, role Role, key []byte, account string, expires uint64) ([]byte, error) {
	w := statement(TagPossess, chainID, 45+len(account))
	w.u8(uint8(role))
	w.fixed(key)
	w.bytes16([]byte(account))
	w.u64(expires)
	return w.finish()
}
