package network

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

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
