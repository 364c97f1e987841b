package main

import (
	"fmt"
	"io"
)

// print writes the report as tables.
func (r Report) print(out io.Writer) {
	line := func(format string, arguments ...any) {
		if _, err := fmt.Fprintf(out, format+"\n", arguments...); err != nil {
			failure{}.Fatal("write the report:", err)
		}
	}
	line("%s %s, %d cores, %s; one core used", r.Machine.System, r.Machine.Architecture, r.Machine.Cores, r.Machine.Go)
	line("bank transfer: %d bytes, %d gas, %d without data", r.Transfer.Bytes, r.Transfer.Gas, r.Transfer.GasWithoutData)
	line("\npayers  rows   bytes/row  gas/row  without data  of a transfer  of a block's gas")
	for _, p := range r.Postings {
		line("%6d %5d %11.1f %8.0f %13.0f %14.4f %17.3f", p.Payers, p.Rows, p.BytesPerRow, p.GasPerRow, p.PlainPerRow, p.PlainOfTransfer, p.OfABlockGasLimit)
	}
	line("\npayers  rows/batch  rows per processor second  slowest block, processor ms")
	for _, t := range r.Throughput {
		line("%6d %11d %26.0f %28.0f", t.Payers, t.RowsABatch, t.RowsAProcessorSecond, t.SlowestProcessorMilli)
	}
	o := r.Overload
	line("\n%d entries due at once: settled over %d heights, slowest %.0f ms of processor, %.0f entries per processor second",
		o.Entries, o.HeightsToSettle, o.SlowestProcessorMilli, o.EntriesAProcessorSec)
	g := r.Growth
	line("%d rows, all final: state %d → %d bytes, %.2f a row; live memory %.0f → %.0f MB", g.Rows, g.Before.bytes(), g.After.bytes(),
		g.StateBytesPerRow, float64(g.Before.Heap)/1e6, float64(g.After.Heap)/1e6)
}
