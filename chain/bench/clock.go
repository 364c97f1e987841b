package main

import (
	"syscall"
	"time"
)

// spent is processor time, which other programs on the machine do not lengthen, and the time of the clock.
type spent struct{ processor, clock time.Duration }

func measure(work func()) spent {
	start, before := time.Now(), processorTime()
	work()
	return spent{processor: processorTime() - before, clock: time.Since(start)}
}

func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		failure{}.Fatalf("read the processor time: %v", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func milliseconds(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1_000 }
