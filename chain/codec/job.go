package codec

import (
	"crypto/hmac"
	"crypto/sha256"
)

const (
	// JobBytes is the length of an encoded job.
	JobBytes = 140
	// ItemsMax bounds the items of a job.
	ItemsMax = 65_535
)

// Job is what the client fixes before anything runs. Source: docs/spec/job.md.
type Job struct {
	Level, Param uint8
	Worker       Digest // signing key
	Lane         uint64
	Nonce        uint32
	Model        Digest
	Profile      uint16
	Items        uint32
	UnitPrice    uint64 // ulam
	Ceiling      uint64 // ulam
	SettleBy     uint64 // height
	H            Digest
}

// Encode writes the job's 140 bytes.
func (j Job) Encode() []byte {
	w := newWriter(JobBytes)
	j.write(w)
	return w.bytes
}

func (j Job) write(w *writer) {
	w.u8(j.Level)
	w.u8(j.Param)
	w.digest(j.Worker)
	w.u64(j.Lane)
	w.u32(j.Nonce)
	w.digest(j.Model)
	w.u16(j.Profile)
	w.u32(j.Items)
	w.u64(j.UnitPrice)
	w.u64(j.Ceiling)
	w.u64(j.SettleBy)
	w.digest(j.H)
}

// DecodeJob reads a job to its last byte.
func DecodeJob(bytes []byte) (Job, error) {
	r := newReader(bytes)
	job := Job{
		Level: r.u8("level"), Param: r.u8("param"), Worker: r.digest("worker"), Lane: r.u64("lane"), Nonce: r.u32("nonce"),
		Model: r.digest("model"), Profile: r.u16("profile"), Items: r.u32("items"), UnitPrice: r.u64("unit_price"),
		Ceiling: r.u64("ceiling"), SettleBy: r.u64("settle_by"), H: r.digest("h"),
	}
	if err := r.end(); err != nil {
		return Job{}, err
	}
	return job, nil
}

// ID is the job's id: a function of what it says and of the chain, posted by nobody (T66).
func (j Job) ID(chainID string) Digest {
	w := statement("lamina/job/1", chainID, JobBytes)
	j.write(w)
	return w.hash()
}

// PrivatePart commits to what of a job stays off the chain. Its length fields refuse over 65,535 bytes.
func PrivatePart(salt, inputCommitment Digest, parameters, reference []byte) (Digest, error) {
	w := newWriter(64 + len(parameters) + len(reference))
	w.str8("lamina/private/1")
	w.digest(inputCommitment)
	w.bytes16(parameters)
	w.bytes16(reference)
	bytes, err := w.finish()
	if err != nil {
		return Digest{}, err
	}
	mac := hmac.New(sha256.New, salt[:])
	mac.Write(bytes)
	return Digest(mac.Sum(nil)), nil
}
