package network

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo serves lines back.
func echo(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

// caller speaks to an echo through the proxy of node 1.
type caller struct {
	net.Conn
	lines *bufio.Reader
}

func call(t *testing.T, p *Proxies) caller {
	t.Helper()
	address, err := p.Open(1, echo(t))
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return caller{c, bufio.NewReader(c)}
}

// round says something and waits for the echo.
func (c caller) round(within time.Duration) (took time.Duration, err error) {
	began := time.Now()
	if _, err := c.Write([]byte("hello\n")); err != nil {
		return 0, err
	}
	if err := c.SetReadDeadline(began.Add(within)); err != nil {
		return 0, err
	}
	_, err = c.lines.ReadString('\n')
	return time.Since(began), err
}

func proxies(t *testing.T) *Proxies {
	t.Helper()
	p := NewProxies()
	p.Started(0, os.Getpid()) // the test plays node 0
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// Rules hold for the pair that they are for, in their direction, and nothing is lost when they are lifted.
func TestRules(t *testing.T) {
	p := proxies(t)
	c := call(t, p)
	quick := func(what string) {
		t.Helper()
		if took, err := c.round(time.Second); err != nil || took > 50*time.Millisecond {
			t.Errorf("%s: %s, %v", what, took, err)
		}
	}
	quick("no rule")
	p.Set(2, 1, Rule{Blocked: true})
	quick("a rule of another pair")
	p.Set(1, 0, Rule{Delay: 100 * time.Millisecond})
	if took, err := c.round(time.Second); err != nil || took < 100*time.Millisecond {
		t.Errorf("delayed: %s, %v", took, err)
	}
	p.Set(1, 0, Rule{BytesPerSecond: 60})
	if took, err := c.round(time.Second); err != nil || took < 90*time.Millisecond {
		t.Errorf("throttled: %s, %v", took, err)
	}
	p.Set(1, 0, Rule{Blocked: true})
	if _, err := c.round(100 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("blocked: %v", err)
	}
	p.Heal()
	if _, err := c.round(time.Second); err != nil { // the echo of before
		t.Errorf("healed: %v", err)
	}
}

// A reset ends a connection for both ends; a forgotten one ends for none, and nothing arrives.
func TestCuts(t *testing.T) {
	p := proxies(t)
	c := call(t, p)
	if _, err := c.round(time.Second); err != nil {
		t.Fatal(err)
	}
	if n := p.Forget(0, 1); n != 1 {
		t.Fatalf("%d connections are forgotten", n)
	}
	if _, err := c.round(100 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("forgotten: %v", err)
	}
	p.Heal()
	if _, err := c.round(100 * time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("forgotten, and the rules lifted: %v", err)
	}
	other := call(t, p)
	if _, err := other.round(time.Second); err != nil {
		t.Fatalf("a new connection: %v", err)
	}
	if n := p.Reset(0, 1); n != 2 {
		t.Errorf("%d connections are reset", n)
	}
	if _, err := other.round(time.Second); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("reset: %v", err)
	}
	p.Set(0, 1, Rule{Refused: true})
	third := call(t, p)
	if _, err := third.round(time.Second); err == nil {
		t.Error("a refused connection works")
	}
}

// Namespaces lose what they are told to lose, in that direction alone, and the sender is not told.
func TestNamespaces(t *testing.T) {
	if err := NamespacesMissing(); err != nil {
		t.Skip(err)
	}
	n, err := NewNamespaces(2)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}()
	ping := func(from, to int, count string) string {
		line := n.Enter(from, []string{"ping", "-q", "-i", "0.02", "-W", "1", "-c", count, n.Host(to)})
		out, _ := exec.Command(line[0], line[1:]...).CombinedOutput() // its words say how many were lost
		return string(out)
	}
	if _, err := exec.LookPath("ping"); err != nil {
		t.Skip("ping is not installed (Debian: iputils-ping)")
	}
	expect := func(what, said, want string) {
		t.Helper()
		if !strings.Contains(said, want) {
			t.Errorf("%s: expected %q: %s", what, want, said)
		}
	}
	expect("whole", ping(0, 1, "5"), " 0% packet loss")
	if err := n.Cut(1, 0); err != nil {
		t.Fatal(err)
	}
	expect("cut", ping(0, 1, "3"), "100% packet loss")
	if err := errors.Join(n.Heal(), n.Lose(0, 1, 300)); err != nil {
		t.Fatal(err)
	}
	said := ping(0, 1, "200")
	var lost float64
	if _, after, ok := strings.Cut(said, "received, "); ok {
		fmt.Sscanf(after, "%f%%", &lost)
	}
	if lost < 15 || lost > 45 {
		t.Errorf("30 %% were to be lost: %s", said)
	}
	if err := n.Heal(); err != nil {
		t.Fatal(err)
	}
	expect("healed", ping(0, 1, "5"), " 0% packet loss")
}
