// Command bench measures the settlement chain: in memory and on one core, bytes and gas a row, rows a second, what happens
// when much becomes due at once, state and memory; and the memory and folder of a running node. See README.md.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
)

// Report is what --json prints.
type Report struct {
	Machine    Machine      `json:"machine"`
	Transfer   Transfer     `json:"bank_transfer"`
	Postings   []Posting    `json:"postings"`
	Throughput []Throughput `json:"throughput"`
	Overload   Overload     `json:"overload"`
	Growth     Growth       `json:"growth"`
	Node       Node         `json:"node"`
}

// Machine says what the figures were measured on.
type Machine struct {
	System       string `json:"system"`
	Architecture string `json:"architecture"`
	Cores        int    `json:"cores"`
	Go           string `json:"go"`
}

func thisMachine() Machine {
	return Machine{System: runtime.GOOS, Architecture: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
}

func main() {
	isJSON := flag.Bool("json", false, "print JSON instead of tables")
	isQuick := flag.Bool("quick", false, "smaller batches and fewer of them: seconds instead of minutes")
	isNode := flag.Bool("node", false, "measure the running node alone")
	profile := flag.String("profile", "", "write a processor profile of the throughput to this file")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	report := Report{Machine: thisMachine()}
	if *isNode {
		report.Node = measureNode(sizes(*isQuick).nodeRows)
	} else {
		report = measureAll(sizes(*isQuick), *profile)
	}
	if !*isJSON {
		report.print(os.Stdout)
		return
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		failure{}.Fatal("write the report:", err)
	}
}

// plan is how much is measured.
type plan struct {
	payers                   []int
	rows, batches            int
	overloadLanes, overloads int
	growthRows, nodeRows     int
}

func sizes(isQuick bool) plan {
	if isQuick {
		return plan{payers: []int{1, 100}, rows: 2_000, batches: 3, overloadLanes: 500, overloads: 10, growthRows: 10_000, nodeRows: 20_000}
	}
	return plan{payers: []int{1, 100, 5_000}, rows: 12_000, batches: 5, overloadLanes: 5_000, overloads: 20, growthRows: 100_000, nodeRows: 100_000}
}

// postingRows is the size of the batches whose bytes and gas are compared: at 5,000 payers each has one row.
const postingRows = 5_000

func measureAll(p plan, profile string) Report {
	report := Report{Machine: thisMachine(), Transfer: measureTransfer()}
	for _, payers := range p.payers {
		report.Postings = append(report.Postings, measurePosting(payers, postingRows, report.Transfer))
	}
	stop := startProfile(profile)
	for _, payers := range p.payers {
		rows := p.rows
		if payers > rows/3 {
			rows = payers // a batch of more rows of so many lanes is over a block's gas
		}
		report.Throughput = append(report.Throughput, measureThroughput(3, payers, rows, p.batches))
	}
	stop()
	report.Overload = measureOverload(p.overloadLanes, p.overloads)
	report.Growth = measureGrowth(p.growthRows)
	report.Node = measureNode(p.nodeRows)
	return report
}

func startProfile(path string) (stop func()) {
	if path == "" {
		return func() {}
	}
	file, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(file)
	}
	if err != nil {
		failure{}.Fatal("write the profile:", err)
	}
	return func() {
		pprof.StopCPUProfile()
		if err := file.Close(); err != nil {
			failure{}.Fatal(fmt.Errorf("close the profile: %w", err))
		}
	}
}
