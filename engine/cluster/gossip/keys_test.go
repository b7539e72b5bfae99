package gossip

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// heard waits until every node has heard something new of the traffic.
func heard(t *testing.T, nodes []*node) {
	t.Helper()
	newest := func(n *node) (version uint64) {
		for i := range 7 {
			v, _ := n.Known(fmt.Sprintf("traffic/%d", i))
			version = max(version, v)
		}
		return version
	}
	before := uint64(0)
	for _, n := range nodes {
		before = max(before, newest(n))
	}
	for _, n := range nodes {
		eventually(t, 10*time.Second, "traffic is heard", func() bool { return newest(n) > before+3 })
	}
}

func TestKeysRotateUnderTraffic(t *testing.T) {
	first, second := []byte("0123456789abcdef"), []byte("fedcba9876543210fedcba9876543210")
	nodes := cluster(t, 3, func(c *Config) { c.Keys = [][]byte{first} })
	stop, told := make(chan struct{}), make(chan uint64)
	go func() {
		version := uint64(0)
		defer func() { told <- version }()
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				version++
				nodes[version%3].Tell(fmt.Sprintf("traffic/%d", version%7), version, bytes.Repeat([]byte("x"), int(version%2000)))
			}
		}
	}()
	for _, keys := range [][][]byte{{first, second}, {second, first}, {second}} {
		for _, n := range nodes {
			if err := n.Rotate(keys); err != nil {
				t.Fatal(err)
			}
			heard(t, nodes) // with this node's keys and the others' as they are now
		}
	}
	close(stop)
	last := <-told
	for _, n := range nodes {
		eventually(t, 10*time.Second, "the last of all was heard", func() bool {
			got, _ := n.Known(fmt.Sprintf("traffic/%d", last%7))
			return got == last
		})
		if got := n.ids(); got != everyone(3) {
			t.Errorf("%s sees %s", n.self.ServerID(), got)
		}
		if strings.Contains(n.logs.String(), "decrypt") {
			t.Errorf("something was not decrypted on the way")
		}
	}
	c := settings(3, "a")
	c.Keys, c.ContactPoints = [][]byte{first}, []string{nodes[0].Addr()}
	start(t, c).logged("this node is refused", "does not know the key")
	c = settings(4, "a")
	c.Keys, c.ContactPoints = [][]byte{second}, []string{nodes[0].Addr()}
	start(t, c).sees(5*time.Second, "0-a 1-a 2-a 4-a")
}

func TestKeysThatAreRefused(t *testing.T) {
	key := []byte("0123456789abcdef")
	plain, encrypted := start(t, settings(0, "a")), settings(1, "a")
	encrypted.Keys = [][]byte{key}
	secret := start(t, encrypted)
	for _, c := range []struct {
		n    *node
		keys [][]byte
		want string
	}{
		{plain, [][]byte{key}, "gossip: encryption is switched on or off with a restart, not by changing keys"},
		{secret, nil, "gossip: encryption is switched on or off with a restart, not by changing keys"},
		{secret, [][]byte{key, []byte("x")}, "gossip key 2 has 1 bytes: a key has 16, 24 or 32"},
	} {
		if err := c.n.Rotate(c.keys); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if err := plain.Rotate(nil); err != nil {
		t.Error(err)
	}
}

// What goes over the wire shows nothing of what is told.
func TestEncryptedGossipShowsNothing(t *testing.T) {
	tap, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tap.Close()
	c := settings(0, "a")
	c.Keys = [][]byte{[]byte("0123456789abcdef")}
	n := start(t, c)
	message := append([]byte{8}, appendFact(appendString([]byte{factMessage}, "payments"), "leader/1", fact{1, []byte("very secret")})...)
	send := func(n *node) string {
		if err := n.list.SendToAddress(addressTo(tap), message); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 2000)
		if err := tap.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		size, _, err := tap.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:size])
	}
	if got := send(n); strings.Contains(got, "secret") || strings.Contains(got, "payments") {
		t.Errorf("plain text on the wire: %q", got)
	}
	if got := send(start(t, settings(1, "a"))); !strings.Contains(got, "very secret") {
		t.Errorf("the tap does not see what it should: %q", got)
	}
}
