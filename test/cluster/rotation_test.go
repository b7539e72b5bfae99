package cluster

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/payhub/payhub/internal/certificate/certificatetest"
)

// rotation replaces the certificates of all nodes and listeners, then both authorities, as docs/howto-secure-a-cluster.md says it,
// while clients work. Connections that were open go on with the certificate they began with, new ones get the new one.
func (s *secured) rotation(t *testing.T) {
	n := s.members[0]
	open, err := grpc.NewClient("passthrough:///"+n.GRPC, grpc.WithTransportCredentials(credentials.NewTLS(clientOf(t, s.callerPair, s.clients))))
	s.must(err)
	defer open.Close()
	before, err := shown(t, open)
	s.must(err)
	s.deploy(0)
	busy := s.busy(true)

	nodes, clients := certificatetest.NewAuthority(t, "new nodes"), certificatetest.NewAuthority(t, "new clients")
	s.everywhere("ca.crt", append(s.nodes.PEM(), nodes.PEM()...), append(s.clients.PEM(), clients.PEM()...))
	s.taken(1)
	for i := range s.members {
		node, gateway := nodes.Node(t, int32(i), "payhub"), loopback(clients, t, "gateway")
		certificatetest.Replace(t, filepath.Join(s.nodeFolder[i], "tls.crt"), node.Cert)
		certificatetest.Replace(t, filepath.Join(s.nodeFolder[i], "tls.key"), node.Key)
		certificatetest.Replace(t, filepath.Join(s.gwFolder[i], "tls.crt"), gateway.Cert)
		certificatetest.Replace(t, filepath.Join(s.gwFolder[i], "tls.key"), gateway.Key)
	}
	s.taken(2)
	s.everywhere("ca.crt", nodes.PEM(), clients.PEM())
	s.taken(3)

	now, err := shown(t, open)
	if err != nil || now.SerialNumber.Cmp(before.SerialNumber) != 0 {
		t.Errorf("the connection that was open has another certificate, or none: %v", err)
	}
	caller := loopback(clients, t, "new caller")
	fresh, err := ask(t, clientOf(t, caller, clients), n.GRPC)
	if err != nil || fresh.SerialNumber.Cmp(before.SerialNumber) == 0 {
		t.Errorf("a new connection does not get the new certificate: %v", err)
	}
	if _, err := ask(t, clientOf(t, s.callerPair, s.clients, clients), n.GRPC); err == nil {
		t.Error("a certificate of the authority that was taken away is still let in")
	}
	busy.end("while certificates and authorities are replaced")
	// A node that starts again finds the others with the new certificates alone, and its own hub its gateway.
	s.must(s.members[2].Terminate())
	s.must(s.StartThese(t.Context(), s.members[2]))
	s.waitLog(s.members[2], "payhub is ready")
	if _, err := ask(t, clientOf(t, caller, clients), s.members[2].GRPC); err != nil {
		t.Error(err)
	}
}

// everywhere writes a file of all nodes and of all their listeners.
func (s *secured) everywhere(name string, ofNodes, ofListeners []byte) {
	for i := range s.members {
		certificatetest.Replace(s.t, filepath.Join(s.nodeFolder[i], name), ofNodes)
		certificatetest.Replace(s.t, filepath.Join(s.gwFolder[i], name), ofListeners)
	}
}

// taken waits until every node has taken so many changes, for nodes and for listeners.
func (s *secured) taken(changes int) {
	s.t.Helper()
	for _, n := range s.members {
		s.waitFor(10*time.Second, fmt.Sprintf("node %d takes the new files", n.ID), func() error {
			if got := strings.Count(n.Log(), "certificate replaced"); got < 2*changes {
				return fmt.Errorf("it said so %d times", got)
			}
			return nil
		})
	}
}
