package storage

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/state/statetest"
)

// TestStoresConformToTheKit runs the kit of key-value stores on both states, which are flushed, opened again
// and installed from checkpoints on the way.
func TestStoresConformToTheKit(t *testing.T) {
	root, memory := t.TempDir(), NewMemoryDisk()
	kinds := map[string]struct {
		runs int
		open func(dir string) (opened, error)
	}{
		"disk":   {5, func(dir string) (opened, error) { return Open(dir, Options{Ordered: state.Ordered}) }},
		"memory": {50, func(dir string) (opened, error) { return memory.Open(dir) }},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(kind.runs) {
				dice := rand.New(rand.NewPCG(seed, 1))
				dir := filepath.Join(root, fmt.Sprint(name, seed), "state")
				s, err := kind.open(dir)
				if err != nil {
					t.Fatal(err)
				}
				index := uint64(0)
				choose := dice.IntN
				err = statetest.Conform(statetest.Subject{
					Reader: func() state.Reader { return s },
					Apply:  func(rows []record.Row) { index++; s.ApplyNoted(index, rows, nil) },
					Between: func() error {
						switch choose(3) {
						case 0:
							return s.Flush()
						case 1:
							if err := s.Close(); err != nil {
								return err
							}
							s, err = kind.open(dir)
							return err
						}
						copied := filepath.Join(filepath.Dir(dir), "copy")
						if _, _, err := s.Checkpoint(copied); err != nil {
							return err
						}
						return s.Install(copied)
					},
				}, choose)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// opened is a state as both kinds are.
type opened interface {
	state.Reader
	ApplyNoted(index uint64, rows []record.Row, note []byte)
	Flush() error
	Checkpoint(dir string) (uint64, []byte, error)
	Install(dir string) error
	Close() error
}
