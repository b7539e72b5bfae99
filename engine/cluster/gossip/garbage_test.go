package gossip

import (
	"bytes"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"
)

func addressTo(c net.PacketConn) memberlist.Address {
	return memberlist.Address{Addr: c.LocalAddr().String()}
}

// garbage sends bytes to the gossip port as a packet and as a stream.
func garbage(t *testing.T, address string, b []byte) {
	t.Helper()
	packets, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 0 && len(b) < 60_000 {
		if _, err := packets.Write(b); err != nil {
			t.Logf("%d bytes: %v", len(b), err)
		}
	}
	_ = packets.Close()
	stream, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	_ = stream.SetDeadline(time.Now().Add(time.Second))
	_, _ = stream.Write(b) // it may be hung up on
	_ = stream.Close()
}

func TestGarbageLeavesTheClusterUnharmed(t *testing.T) {
	for _, c := range []struct {
		name string
		keys [][]byte
	}{{"plain", nil}, {"encrypted", [][]byte{[]byte("0123456789abcdef")}}} {
		t.Run(c.name, func(t *testing.T) {
			nodes := cluster(t, 3, func(config *Config) { config.Keys = c.keys })
			random := rand.New(rand.NewPCG(1, 2))
			for i := range 400 {
				b := make([]byte, random.IntN(1500))
				for j := range b {
					b[j] = byte(random.UintN(256))
				}
				if len(b) > 0 {
					b[0] = byte(i % 18) // every kind of message there is
				}
				garbage(t, nodes[i%3].Addr(), b)
			}
			garbage(t, nodes[0].Addr(), bytes.Repeat([]byte{0xff}, 1<<20))
			unharmed(t, nodes)
		})
	}
}

// More connections than are served, all silent, keep no node from joining for long.
func TestSilentConnections(t *testing.T) {
	nodes := cluster(t, 2, nil)
	for range 3 * maxStreams {
		c, err := net.DialTimeout("tcp", nodes[0].Addr(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	c := settings(2, "a")
	c.ContactPoints = []string{nodes[0].Addr()}
	late := start(t, c)
	nodes = append(nodes, late)
	for _, n := range nodes {
		n.sees(15*time.Second, everyone(3))
	}
	unharmed(t, nodes)
}

func FuzzMessage(f *testing.F) {
	m := settings(1, "a").Self
	meta, err := m.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(meta)
	f.Add(appendFact(appendString([]byte{factMessage}, "payments"), "leader/1", fact{7, []byte("x")}))
	f.Add(appendString(appendString(appendString([]byte{refusalMessage}, "payments"), "1-a"), "you\nare\x00refused"))
	var k facts
	_, _ = k.merge("leader/1", fact{7, []byte("x")})
	f.Add(k.encode(appendString([]byte{statesMessage}, "payments")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := decodeMember(b); err == nil {
			again, err := m.encode()
			if err != nil && len(b) <= memberlist.MetaMaxSize/2 {
				t.Fatalf("%+v cannot be written: %v", m, err)
			}
			if err == nil {
				if back, err := decodeMember(again); err != nil || back != m {
					t.Fatalf("%+v is read back as %+v, %v", m, back, err)
				}
			}
		}
		g := &Gossip{
			self: settings(0, "a").Self, log: newLimited(discard), peers: map[string]peer{},
			work: background{wakeCallbacks: make(chan struct{}, 1), wakeTend: make(chan struct{}, 1)},
		}
		g.queue.NumNodes = g.count
		d := delegate{g}
		d.NotifyMsg(b)
		d.MergeRemoteState(b, true)
		_ = d.NotifyAlive(&memberlist.Node{Name: "1-a", Meta: b})
		_ = d.NotifyMerge([]*memberlist.Node{{Name: "1-a", Meta: b}})
		again := reader{b: g.facts.encode(nil)}
		for n := again.uvarint(); n > 0; n-- {
			again.fact()
		}
		if again.failed || len(again.b) > 0 {
			t.Fatal("the facts learned cannot be read back")
		}
	})
}

func FuzzPeers(f *testing.F) {
	f.Add([]byte(`{"format":1,"peers":[{"node":1,"gossip":"127.0.0.1:1"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		peers, err := decodePeers(b)
		if err != nil {
			return
		}
		seen(peers, []Member{settings(1, "a").Self})
	})
}
