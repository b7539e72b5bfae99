package badinput_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/payhub/payhub/test/payments/dev"
)

// A crash in the middle of a write leaves a torn end of the log. It is cut, and nothing acknowledged is lost: all
// payments are there, each once, and payhub goes on; every time anew.
func TestATornEndOfTheLog(t *testing.T) {
	t.Parallel()
	for name, tear := range map[string]func([]byte, int) []byte{
		"garbage":      func(log []byte, end int) []byte { copy(log[end:], strings.Repeat("torn", 50)); return log },
		"half a frame": func(log []byte, end int) []byte { copy(log[end:], log[:20]); return log },
		"a changed frame": func(log []byte, end int) []byte {
			copy(log[end:], log[:300])
			log[end+40] ^= 0xff // behind the head of the frame
			return log
		},
		"nothing behind it": func(log []byte, end int) []byte { return log[:end] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := dev.Start(t, "")
			var ids []string
			for round := range 2 {
				for i := range 5 {
					ids = append(ids, p.Begin(fmt.Sprint("torn-", round, "-", i), good))
				}
				p.End(syscall.SIGKILL)
				file, log, end := lastWritten(t, p.Data)
				write(t, file, tear(log, end))
				p = dev.Start(t, p.Data)
				for _, id := range ids {
					if end, _ := p.AwaitEnd(id); end.TransferState != "COMMITTED" {
						t.Errorf("after tear %d a payment is %s %+v", round, end.TransferState, end.ErrorInformation)
					}
				}
				cents := 1050 * len(ids)
				want := fmt.Sprintf("green %d.%02d (held 0.00), blue %d.%02d", (100_000-cents)/100, (100_000-cents)%100, cents/100, cents%100)
				if got := p.Money(); got != want {
					t.Errorf("after tear %d money: %s; expected: %s", round, got, want)
				}
				p.CheckBooks()
			}
		})
	}
}

// A byte that changed in the middle of the log is found before anything is served: payhub does not start, each time
// with the file and the place, changes nothing, and starts again once the byte is back.
func TestDamageInTheMiddleOfTheLog(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	id := p.Begin("damaged", good)
	p.AwaitEnd(id)
	p.End(syscall.SIGTERM)
	file, whole, end := lastWritten(t, p.Data)
	for _, at := range []int{3, 40, end / 4, end / 2, end * 3 / 4} {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x10
		write(t, file, damaged)
		for range 2 {
			r := dev.Run(t, nil, append([]string{"dev", "--data", p.Data}, dev.FreePorts()...)...)
			expectFailure(t, fmt.Sprintf("a changed byte at %d of %d", at, end), r, 1, []string{"damaged", filepath.Base(file), "at byte ", "backup"}, "")
		}
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, damaged) {
			t.Errorf("the refused start changed %s: %v", file, err)
		}
	}
	write(t, file, whole)
	p = dev.Start(t, p.Data)
	if shown := p.Show(id); shown.TransferState != "COMMITTED" {
		t.Errorf("with the byte back the payment is %+v", shown)
	}
	expectPayment(t, p, "after the repair")
	p.CheckBooks()
}

// Other files of the data folder that are not what they were: each is refused with its name and what to do.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	p.AwaitEnd(p.Begin("files", good))
	p.End(syscall.SIGTERM)
	for _, c := range []struct {
		file    string
		content string // "" removes it
		want    []string
	}{
		{"node.json", "garbage", []string{"node.json", "restore"}},
		{"node.json", `{"node":5,"generation":"abc"}`, []string{"belongs to node 5", "engine.nodeId"}},
		{"node.json", "", []string{"node.json", "missing", "restore"}},
		{"ledger-greenbank.db", "garbage", []string{"ledger-greenbank.db", "not a database", "backup"}},
		{"operations.db", "garbage", []string{"operations.db", "not a database", "move it away"}},
		{"partitions/1/state/CURRENT", "garbage", []string{"partitions/1/state", "move the folder away"}},
	} {
		path := filepath.Join(p.Data, c.file)
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if c.content == "" {
			err = os.Remove(path)
		} else {
			err = os.WriteFile(path, []byte(c.content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		r := dev.Run(t, nil, append([]string{"dev", "--data", p.Data}, dev.FreePorts()...)...)
		expectFailure(t, fmt.Sprintf("%s with %q", c.file, c.content), r, 1, c.want, "")
		write(t, path, before)
	}
	p = dev.Start(t, p.Data)
	expectPayment(t, p, "with all files back")
	p.CheckBooks()
}

// lastWritten finds the segment of the log that was written last, and where what was written ends, rounded up to the
// eight bytes that everything in it is aligned to. Segments are made of zeros in advance.
func lastWritten(t *testing.T, data string) (file string, content []byte, end int) {
	t.Helper()
	segments, err := filepath.Glob(filepath.Join(data, "log", "*.log"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("there is no log in %s: %v", data, err)
	}
	for _, segment := range segments { // sorted, oldest first
		text, err := os.ReadFile(segment)
		if err != nil {
			t.Fatal(err)
		}
		if used := len(bytes.TrimRight(text, "\x00")); used > 0 {
			file, content, end = segment, text, (used+7)&^7
		}
	}
	return file, content, end
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
