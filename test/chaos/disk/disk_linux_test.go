package disk

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// envSync makes the test a process that writes and syncs a file until its end, and says how each sync went.
const envSync = "DISK_TEST_SYNC"

func TestMain(m *testing.M) {
	if name := os.Getenv(envSync); name != "" {
		syncForEver(name)
	}
	m.Run()
}

func syncForEver(name string) {
	f, err := os.Create(name)
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		began := time.Now()
		_, err := f.WriteString("x")
		err = errors.Join(err, f.Sync())
		fmt.Println(time.Since(began).Milliseconds(), errors.Is(err, syscall.EIO))
		time.Sleep(5 * time.Millisecond)
	}
}

// Syncs of a running process fail and take long as they are told to, and are well again afterwards.
func TestInject(t *testing.T) {
	if err := InjectionMissing(); err != nil {
		t.Skip(err)
	}
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), envSync+"="+filepath.Join(t.TempDir(), "file"))
	c.Stdout = said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		c.Process.Kill()
		c.Wait()
	}()
	lines := func() (ms int, eio bool) {
		if err := said.Truncate(0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		text, err := os.ReadFile(said.Name())
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Split(strings.Trim(string(text), "\x00\n"), "\n")
		fmt.Sscan(all[len(all)-1], &ms, &eio)
		return ms, eio
	}
	for _, step := range []struct {
		how  string
		slow bool
		eio  bool
	}{{how: "error=EIO", eio: true}, {how: "delay_enter=50ms", slow: true}} {
		i, err := Inject(c.Process.Pid, Syncs, step.how)
		if err != nil {
			t.Skipf("strace cannot be used here: %v", err)
		}
		if ms, eio := lines(); eio != step.eio || ms >= 50 != step.slow {
			t.Errorf("%s: %d ms, EIO %v", step.how, ms, eio)
		}
		if err := i.End(); err != nil {
			t.Error(err)
		}
		if ms, eio := lines(); eio || ms >= 50 {
			t.Errorf("after %s: %d ms, EIO %v", step.how, ms, eio)
		}
	}
}

// A small disk is filled to where it is told to, and has room again.
func TestSmall(t *testing.T) {
	s, err := Mount(t.TempDir(), 8<<20)
	if err != nil {
		t.Skip(err)
	}
	defer func() {
		if err := s.Unmount(); err != nil {
			t.Error(err)
		}
	}()
	if err := s.Fill(1 << 20); err != nil {
		t.Fatal(err)
	}
	if free, err := s.Free(); err != nil || free > 1<<20 || free < 1<<20-8192 {
		t.Errorf("%d bytes are free: %v", free, err)
	}
	if err := s.Clear(); err != nil {
		t.Fatal(err)
	}
	if free, _ := s.Free(); free < 7<<20 {
		t.Errorf("%d bytes are free again", free)
	}
}
