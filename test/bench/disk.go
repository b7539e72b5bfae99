package main

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// measureDisk appends 4 KiB and syncs, as a log does, and adds what a sync takes to the table: every other figure hangs on it.
func (b *bench) measureDisk() error {
	file, err := os.Create(filepath.Join(b.folder, "fsync"))
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	block := make([]byte, 4<<10)
	took := make([]time.Duration, 2000)
	for i := range took {
		start := time.Now()
		if _, err := file.Write(block); err != nil {
			return err
		}
		if err := syscall.Fdatasync(int(file.Fd())); err != nil {
			return err
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	b.say("%s", machine())
	b.table.add(
		figure{name: "fdatasync of 4 KiB appended, p50", unit: "ms", value: milliseconds(took[len(took)/2])},
		figure{name: "fdatasync of 4 KiB appended, p99", unit: "ms", value: milliseconds(took[len(took)*99/100])},
	)
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
