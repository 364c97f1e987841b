package codec

import "strconv"

const (
	// JobBytes is the length of a job's columns.
	JobBytes = 140
	// ReferenceBytesMax bounds the client's own words (T75).
	ReferenceBytesMax = 256

	tagJob     = "lamina/job/1"
	tagPrivate = "lamina/private/1"
)

// Job is what the client fixes before anything runs. Amounts are ulam, SettleBy a height. Source: docs/spec/job.md.
type Job struct {
	Level     uint8
	Param     uint8
	Worker    Digest
	Lane      uint64
	Nonce     uint32
	Model     Digest
	Profile   uint16
	Items     uint32
	UnitPrice uint64
	Ceiling   uint64
	SettleBy  uint64
	H         Digest
}

// Encode writes the job's 140 bytes.
func (j *Job) Encode() []byte {
	w := newWriter(JobBytes)
	j.write(w)
	return w.bytes
}

func (j *Job) write(w *writer) {
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

// DecodeJob reads exactly 140 bytes. What the chain makes of the values is not judged here.
func DecodeJob(data []byte) (Job, error) {
	r := newReader(data)
	job := Job{
		Level: r.u8("level"), Param: r.u8("param"), Worker: r.digest("worker"), Lane: r.u64("lane"), Nonce: r.u32("nonce"),
		Model: r.digest("model"), Profile: r.u16("profile"), Items: r.u32("items"), UnitPrice: r.u64("unit_price"),
		Ceiling: r.u64("ceiling"), SettleBy: r.u64("settle_by"), H: r.digest("h"),
	}
	return job, r.end()
}

// ID is computed by everybody and posted by nobody, so that no posted column can disagree with it (T66).
func (j *Job) ID(chainID string) Digest {
	w := statement(tagJob, chainID, JobBytes)
	j.write(w)
	return w.hash()
}

// PrivateCommitment is h: keyed with the client's salt it hides the private part, and binds every byte of it.
// parameters are canonical bytes as DecodeParameters reads them.
func PrivateCommitment(salt, inputCommitment Digest, parameters, reference []byte) (Digest, error) {
	if len(reference) > ReferenceBytesMax {
		return Digest{}, broken("reference", "at most 256 bytes", strconv.Itoa(len(reference)))
	}
	w := newWriter(64 + len(parameters) + len(reference))
	w.str8(tagPrivate)
	w.digest(inputCommitment)
	w.bytes16(parameters)
	w.bytes16(reference)
	message, err := w.finish()
	if err != nil {
		return Digest{}, err
	}
	return hmacSHA256(salt[:], message), nil
}

// Parameter is one entry of a job's parameters.
type Parameter struct {
	Key   string
	Value []byte
}

// DecodeParameters reads u16 count and entries in strictly ascending order of keys.
func DecodeParameters(data []byte) ([]Parameter, error) {
	r := newReader(data)
	count := int(r.u16("count"))
	var parameters []Parameter
	for index := 0; index < count && !r.failed(); index++ {
		start := r.offset
		key := r.str8("key")
		if !r.failed() && index > 0 && parameters[index-1].Key >= key {
			r.failAt(start, KindUnexpectedValue, "key", "keys in strictly ascending order", strconv.Quote(key))
		}
		parameters = append(parameters, Parameter{Key: key, Value: r.bytes16("value")})
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	return parameters, nil
}

// EncodeParameters writes entries that stand in ascending order of keys.
func EncodeParameters(parameters []Parameter) ([]byte, error) {
	w := newWriter(2)
	w.u16(uint16(len(parameters)))
	for index, parameter := range parameters {
		if index > 0 && parameters[index-1].Key >= parameter.Key {
			return nil, broken("parameters", "keys in strictly ascending order", parameter.Key)
		}
		w.str8(parameter.Key)
		w.bytes16(parameter.Value)
	}
	return w.finish()
}
