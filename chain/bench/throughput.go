package main

// Throughput is how fast one core accepts and commits batches that are ready: decoding, checking every hash and
// signature, settling, writing; and paying for earlier ones, whose window passes meanwhile.
type Throughput struct {
	Payers                int     `json:"payers"`
	Workers               int     `json:"workers"`
	Batches               int     `json:"batches"`
	RowsABatch            int     `json:"rows_a_batch"`
	ProcessorSeconds      float64 `json:"processor_seconds"`
	ClockSeconds          float64 `json:"clock_seconds"`
	RowsAProcessorSecond  float64 `json:"rows_a_processor_second"`
	SlowestProcessorMilli float64 `json:"slowest_block_processor_ms"`
}

func measureThroughput(workers, payers, rows, batches int) Throughput {
	s := newStage(workers, payers)
	s.deliver(s.sign(s.sequencer.Account, s.batch(rows))) // caches are warm, bitmaps there
	result := Throughput{Payers: payers, Workers: workers, Batches: batches, RowsABatch: rows}
	for range batches {
		transaction := s.sign(s.sequencer.Account, s.batch(rows))
		took := measure(func() { s.deliver(transaction) })
		result.ProcessorSeconds += took.processor.Seconds()
		result.ClockSeconds += took.clock.Seconds()
		result.SlowestProcessorMilli = max(result.SlowestProcessorMilli, milliseconds(took.processor))
	}
	result.RowsAProcessorSecond = float64(rows*batches) / result.ProcessorSeconds
	return result
}
