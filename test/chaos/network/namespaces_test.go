package network

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// The test runs itself inside the namespaces: as the one that answers there, or as the one that calls.
const (
	envAnswer = "NETWORK_TEST_ANSWER" // address
	envCall   = "NETWORK_TEST_CALL"   // address
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(envAnswer) != "":
		fmt.Println(answer(os.Getenv(envAnswer)))
	case os.Getenv(envCall) != "":
		fmt.Println(calls(os.Getenv(envCall)))
	default:
		goleak.VerifyTestMain(m)
	}
}

// answer sends every datagram back.
func answer(address string) error {
	c, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	for buffer := make([]byte, 16); ; {
		n, from, err := c.ReadFrom(buffer)
		if err != nil {
			return err
		}
		if _, err := c.WriteTo(buffer[:n], from); err != nil {
			return err
		}
	}
}

// sent is how many datagrams a caller sends.
const sent = 300

// calls sends datagrams and counts the answers.
func calls(address string) int {
	c, err := net.Dial("udp", address)
	if err != nil {
		return -1
	}
	answers := 0
	for range sent {
		if _, err := c.Write([]byte("x")); err != nil {
			return -2 // the sender must not learn of a loss
		}
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Millisecond)) // of a UDP socket that is open
		if _, err := c.Read(make([]byte, 16)); err == nil {
			answers++
		}
	}
	return answers
}

// Namespaces lose what they are told to lose, in that direction alone, and the sender is not told.
func TestNamespaces(t *testing.T) {
	if err := NamespacesMissing(); err != nil {
		t.Skip(err)
	}
	n, err := NewNamespaces(3)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}()
	inside := func(node int, env string) *exec.Cmd {
		line := n.Enter(node, []string{os.Args[0]})
		c := exec.Command(line[0], line[1:]...)
		c.Env = append(os.Environ(), env)
		return c
	}
	server := inside(1, envAnswer+"="+n.Host(1)+":9000")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		server.Process.Kill()
		server.Wait()
	}()
	expect := func(what string, from, least, most int) {
		t.Helper()
		out, err := inside(from, envCall+"="+n.Host(1)+":9000").Output()
		if got, bad := strconv.Atoi(strings.TrimSpace(string(out))); err != nil || bad != nil || got < least || got > most {
			t.Errorf("%s: %q answers of %d, expected %d to %d: %v", what, out, sent, least, most, err)
		}
	}
	time.Sleep(200 * time.Millisecond) // until it answers
	expect("whole", 0, sent-1, sent)
	if err := n.Cut(1, 0); err != nil {
		t.Fatal(err)
	}
	expect("cut one way", 0, 0, 0)
	expect("cut for another", 2, sent-1, sent)
	if err := errors.Join(n.Heal(), n.Lose(0, 1, 300)); err != nil {
		t.Fatal(err)
	}
	expect("30 % lost", 0, sent*55/100, sent*85/100)
	if err := n.Heal(); err != nil {
		t.Fatal(err)
	}
	expect("healed", 0, sent-1, sent)
}
