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
	if len(r.Postings) == 0 {
		r.Node.print(line)
		return
	}
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
	r.Node.print(line)
}

func (n Node) print(line func(format string, arguments ...any)) {
	line("\na running node, one validator:\nrows final  height  resident MB  peak MB  data MB  application.db  blocks  tx index  state bytes  keys")
	for _, stage := range n.Stages {
		line("%10d %7d %12.1f %8.1f %8.1f %15.1f %7.1f %9.1f %12d %5d", stage.Rows, stage.Height, megabytes(stage.Resident), megabytes(stage.Peak), megabytes(stage.Data),
			megabytes(stage.Application), megabytes(stage.Blocks), megabytes(stage.Transactions), stage.State, stage.Keys)
	}
}

func megabytes(bytes int64) float64 { return float64(bytes) / 1e6 }
