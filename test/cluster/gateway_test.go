package cluster

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/peer"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/internal/certificate/certificatetest"
	"github.com/payhub/payhub/test/chaos/fleet"
)

// loopback are names of a server on this machine.
func loopback(a *certificatetest.Authority, t *testing.T, name string) certificatetest.Pair {
	t.Helper()
	return a.Issue(t, certificatetest.Options{Name: name, DNS: []string{"localhost"}, IPs: []net.IP{net.IPv4(127, 0, 0, 1)}})
}

// clientOf is how a client with a certificate of an authority calls servers that another one signed.
func clientOf(t *testing.T, pair certificatetest.Pair, trusted ...*certificatetest.Authority) *tls.Config {
	t.Helper()
	c, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	for _, a := range trusted {
		roots.AddCert(a.Certificate)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{c}, RootCAs: roots}
}

// secured is a cluster with everything that docs/howto-secure-a-cluster.md switches on.
type secured struct {
	*group
	nodes, clients       *certificatetest.Authority
	nodeFolder, gwFolder []string
	caller               certificatetest.Files
	callerPair           certificatetest.Pair
}

// secure starts such a cluster; its hubs call their own gateways.
func secure(t *testing.T) *secured {
	t.Helper()
	s := &secured{nodes: certificatetest.NewAuthority(t, "nodes"), clients: certificatetest.NewAuthority(t, "clients")}
	s.callerPair = loopback(s.clients, t, "caller")
	s.caller = s.callerPair.Write(t, t.TempDir(), s.clients)
	s.group = lay(t, shape{clients: clientOf(t, s.callerPair, s.clients), settings: map[string]string{
		"gossip.keys": "[" + gossipKey() + "]", "engine.secret": "besides", "gateway.security.mode": "mtls",
		"roles": "[engine, gateway, hub]", "hub.tenants": "[greenbank]",
	}})
	for _, n := range s.members {
		s.nodeFolder, s.gwFolder = append(s.nodeFolder, t.TempDir()), append(s.gwFolder, t.TempDir())
		for key, value := range nodeFiles(s.nodes.Node(t, int32(n.ID), "payhub").Write(t, s.nodeFolder[n.ID], s.nodes)) {
			n.Settings[key] = value
		}
		f := loopback(s.clients, t, "gateway").Write(t, s.gwFolder[n.ID], s.clients)
		n.Settings["gateway.security.cert"], n.Settings["gateway.security.key"], n.Settings["gateway.security.ca"] = f.Cert, f.Key, f.CA
	}
	s.must(s.StartThese(t.Context(), s.members...))
	s.whole()
	return s
}

// get calls an HTTP listener.
func get(security *tls.Config, address, path string) (string, error) {
	transport := &http.Transport{TLSClientConfig: security, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	scheme := "https://"
	if security == nil {
		scheme = "http://"
	}
	response, err := (&http.Client{Transport: transport, Timeout: 5 * time.Second}).Get(scheme + address + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if response.StatusCode >= 500 || strings.Contains(string(text), "HTTPS server") {
		return "", fmt.Errorf("HTTP %d: %s", response.StatusCode, text)
	}
	return string(text), err
}

// ask asks a gateway for the topology and gives the certificate that it showed.
func ask(t *testing.T, security *tls.Config, address string) (*x509.Certificate, error) {
	t.Helper()
	creds := insecure.NewCredentials()
	if security != nil {
		creds = credentials.NewTLS(security)
	}
	c, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(creds))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return shown(t, c)
}

// shown calls a gateway on a connection that may be open, and gives the certificate that the gateway showed on it.
func shown(t *testing.T, c grpc.ClientConnInterface) (*x509.Certificate, error) {
	t.Helper()
	var other peer.Peer
	if _, err := gatewaypb.NewGatewayClient(c).Topology(t.Context(), &gatewaypb.TopologyRequest{}, grpc.Peer(&other)); err != nil {
		return nil, err
	}
	if info, ok := other.AuthInfo.(credentials.TLSInfo); ok {
		return info.State.PeerCertificates[0], nil
	}
	return nil, nil
}

// TestASecuredCluster asks every listener with good and bad certificates, runs payhub's commands and a published client, and
// replaces every certificate and both authorities while clients work.
func TestASecuredCluster(t *testing.T) {
	s := secure(t)
	t.Run("who may call", s.whoMayCall)
	t.Run("commands", s.commands)
	t.Run("a published client", s.published)
	t.Run("new certificates without a drop", s.rotation)
}

func (s *secured) whoMayCall(t *testing.T) {
	others := certificatetest.NewAuthority(t, "others")
	expired := s.clients.Issue(t, certificatetest.Options{Name: "late", NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
	serverOnly := s.clients.Issue(t, certificatetest.Options{Name: "server", Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	without := clientOf(t, s.callerPair, s.clients)
	without.Certificates = nil
	n := s.members[1]
	for _, c := range []struct {
		name string
		with *tls.Config
		may  bool
	}{
		{"a certificate of the clients' authority", clientOf(t, s.callerPair, s.clients), true},
		{"no certificate", without, false},
		{"no TLS", nil, false},
		{"a certificate of another authority", clientOf(t, loopback(others, t, "x"), s.clients), false},
		{"a node's certificate", clientOf(t, s.nodes.Node(t, 1, "payhub"), s.clients), false},
		{"a certificate that has expired", clientOf(t, expired, s.clients), false},
		{"a certificate for servers alone", clientOf(t, serverOnly, s.clients), false},
		{"another gateway expected", clientOf(t, s.callerPair, others), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, l := range []struct {
				name string
				call func() error
			}{
				{"gRPC", func() error { _, err := ask(t, c.with, n.GRPC); return err }},
				{"HTTP", func() error { _, err := get(c.with, n.HTTP, "/channel/transfer/none"); return err }},
				{"management", func() error { _, err := get(c.with, n.Management, "/health/live"); return err }},
				{"metrics", func() error { _, err := get(c.with, n.Management, "/metrics"); return err }},
			} {
				if err := l.call(); (err == nil) != c.may {
					t.Errorf("%s: may it be called: %v, it said: %v", l.name, c.may, err)
				}
			}
		})
	}
}

// run runs a command of payhub.
func (s *secured) run(t *testing.T, env []string, args ...string) (said string, code int) {
	t.Helper()
	c := exec.Command(s.Binary, args...)
	c.Env = append(fleet.Environment(), env...)
	out, _ := c.CombinedOutput() // its exit code is looked at
	return string(out), c.ProcessState.ExitCode()
}

func (s *secured) commands(t *testing.T) {
	n := s.members[0]
	f := s.caller
	flags := []string{"--cert", f.Cert, "--key", f.Key, "--ca", f.CA}
	for _, c := range []struct {
		name, says string
		code       int
		env, args  []string
	}{
		{"flags", "cluster of 3 node(s)", 0, nil, append([]string{"topology", "--address", n.GRPC}, flags...)},
		{"variables", "cluster of 3 node(s)", 0, []string{"PAYHUB_CERT=" + f.Cert, "PAYHUB_KEY=" + f.Key, "PAYHUB_CA=" + f.CA}, []string{"topology", "--address", n.GRPC}},
		{"nothing", "gateway.security.mode mtls, name --cert, --key and --ca", 3, nil, []string{"topology", "--address", n.GRPC}},
		{"no certificate", "--cert and --key must be signed by", 3, nil, []string{"topology", "--address", n.GRPC, "--ca", f.CA}},
		{"a certificate without its key", "belong together", 2, nil, []string{"topology", "--address", n.GRPC, "--cert", f.Cert}},
		{"HTTP", "TRANSFER", 1, nil, append([]string{"transfer", "show", "none", "--tenant", "greenbank", "--http-address", n.HTTP}, flags...)},
		{"HTTP without", "name --cert, --key and --ca", 1, nil, []string{"transfer", "show", "none", "--tenant", "greenbank", "--http-address", n.HTTP}},
	} {
		said, code := s.run(t, c.env, c.args...)
		if code != c.code || !strings.Contains(strings.ToUpper(said), strings.ToUpper(c.says)) {
			t.Errorf("%s: exit code %d, not %d: %q does not say %q", c.name, code, c.code, said, c.says)
		}
	}
}

// published lets Camunda's Go client call the gateway.
func (s *secured) published(t *testing.T) {
	driver := filepath.Join(t.TempDir(), "driver")
	build := exec.Command("go", "build", "-o", driver, ".")
	build.Dir = filepath.Join("..", "clients", "go")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the published Go client is not there to be built: %v\n%s", err, out)
	}
	c := exec.Command(driver, s.members[2].GRPC)
	c.Env = append(os.Environ(), "PAYHUB_CERT="+s.caller.Cert, "PAYHUB_KEY="+s.caller.Key, "PAYHUB_CA="+s.caller.CA)
	in, err := c.StdinPipe()
	s.must(err)
	out, err := c.StdoutPipe()
	s.must(err)
	s.must(c.Start())
	_, err = io.WriteString(in, `{"call":"topology","args":{}}`+"\n")
	s.must(err)
	lines := bufio.NewScanner(out)
	lines.Scan()
	var answer struct{ Value any }
	if err := json.Unmarshal(lines.Bytes(), &answer); err != nil || answer.Value == nil {
		t.Errorf("the client got %q", lines.Text())
	}
	t.Logf("Camunda's Go client 8.5.5 got %.120s", lines.Text())
	in.Close()
	s.must(c.Wait())
}
