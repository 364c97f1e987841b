package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// residentBytes reads a figure of a process from the kernel, which gives it in kB.
func residentBytes(pid int, name string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(err, "read the memory of laminad")
	for _, line := range strings.Split(string(status), "\n") {
		var kilobytes int64
		if _, err := fmt.Sscanf(line, name+": %d kB", &kilobytes); err == nil {
			return kilobytes * 1024
		}
	}
	failure{}.Fatalf("expected %s in the status of process %d", name, pid)
	return 0
}

// bytesBelow adds up the files below a folder. A database may remove a file between its being listed and looked at.
func bytesBelow(folder string) int64 {
	total := int64(0)
	must(filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			total += info.Size()
		}
		return err
	}), "measure "+folder)
	return total
}
