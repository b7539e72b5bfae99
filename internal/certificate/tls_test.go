package certificate_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/payhub/payhub/internal/certificate"
	"github.com/payhub/payhub/internal/certificate/certificatetest"
)

// echo serves TLS connections, and sends back what comes.
func echo(t *testing.T, config *tls.Config) (address string) {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return listener.Addr().String()
}

// say sends a text and reads it back.
func say(c net.Conn, text string) error {
	if _, err := io.WriteString(c, text); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, len(text)))
	return err
}

// visit connects and says something: in TLS 1.3 a client that is refused notices when it reads.
func visit(address string, config *tls.Config) (serial string, err error) {
	c, err := tls.Dial("tcp", address, config)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Text(16), say(c, "hello")
}

func TestOpenConnectionsStayAndNewOnesUseTheNewCertificate(t *testing.T) {
	ca := certificatetest.NewAuthority(t, "nodes")
	serverDir, clientDir := t.TempDir(), t.TempDir()
	server := open(t, ca.Node(t, 0, "c").Write(t, serverDir, ca), nil)
	client := open(t, ca.Node(t, 1, "c").Write(t, clientDir, ca), nil)
	address := echo(t, server.Server(tls.RequireAndVerifyClientCert))
	config := client.Client()
	old, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = old.Close() }()
	for range 5 {
		ca.Node(t, 0, "c").Write(t, serverDir, ca)
		ca.Node(t, 1, "c").Write(t, clientDir, ca)
		if err := server.Reload(); err != nil {
			t.Fatal(err)
		}
		if err := client.Reload(); err != nil {
			t.Fatal(err)
		}
		serial, err := visit(address, config)
		if err != nil || serial != server.Status().Serial {
			t.Fatalf("a new connection shows %s (%v), in force is %s", serial, err, server.Status().Serial)
		}
		if err := say(old, "still here"); err != nil {
			t.Fatalf("the open connection was dropped: %v", err)
		}
	}
}

func TestAnAuthorityIsReplacedInThreeSteps(t *testing.T) {
	before, after := certificatetest.NewAuthority(t, "before"), certificatetest.NewAuthority(t, "after")
	serverDir, clientDir := t.TempDir(), t.TempDir()
	server := open(t, before.Node(t, 0, "c").Write(t, serverDir, before), nil)
	client := open(t, before.Node(t, 1, "c").Write(t, clientDir, before), nil)
	address, config := echo(t, server.Server(tls.RequireAndVerifyClientCert)), client.Client()
	stranger := open(t, before.Node(t, 7, "c").Write(t, t.TempDir(), before, after), nil)

	step := func(name string, s *certificate.Source, signs *certificatetest.Authority, node int32, dir string, trusted ...*certificatetest.Authority) {
		t.Helper()
		signs.Node(t, node, "c").Write(t, dir, trusted...)
		if err := s.Reload(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := visit(address, config); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	step("server trusts both", server, before, 0, serverDir, before, after)
	step("client trusts both", client, before, 1, clientDir, before, after)
	step("server has the new certificate", server, after, 0, serverDir, before, after)
	step("client has the new certificate", client, after, 1, clientDir, before, after)
	if _, err := visit(address, stranger.Client()); err != nil {
		t.Fatalf("the old authority still counts: %v", err)
	}
	step("server trusts the new one alone", server, after, 0, serverDir, after)
	step("client trusts the new one alone", client, after, 1, clientDir, after)
	if _, err := visit(address, stranger.Client()); err == nil || !strings.Contains(err.Error(), "unknown certificate authority") {
		t.Errorf("a certificate of the old authority: %v", err)
	}
}

func TestPeersAreRefused(t *testing.T) {
	ca, foreign := certificatetest.NewAuthority(t, "nodes"), certificatetest.NewAuthority(t, "nodes")
	server := open(t, ca.Node(t, 0, "c").Write(t, t.TempDir(), ca), nil)
	client := open(t, ca.Node(t, 1, "c").Write(t, t.TempDir(), ca), nil)
	source := func(signs, trusts *certificatetest.Authority, o certificatetest.Options) *certificate.Source {
		return open(t, signs.Issue(t, o).Write(t, t.TempDir(), trusts), nil)
	}
	onlyServer := certificatetest.Options{Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	onlyClient := certificatetest.Options{Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, DNS: []string{"localhost"}}
	for _, c := range []struct {
		name           string
		server, client *tls.Config
		want           string
	}{
		{"good", server.Server(tls.RequireAndVerifyClientCert), client.Client(), ""},
		{"client without certificate", server.Server(tls.RequireAndVerifyClientCert), &tls.Config{InsecureSkipVerify: true}, "certificate required"},
		{"client of a foreign authority", server.Server(tls.RequireAndVerifyClientCert), source(foreign, ca, certificatetest.Options{}).Client(), "unknown certificate authority"},
		{"client with a certificate for servers", server.Server(tls.RequireAndVerifyClientCert), source(ca, ca, onlyServer).Client(), "bad certificate"},
		{"server of a foreign authority", source(foreign, ca, certificatetest.Options{}).Server(tls.NoClientCert), client.Client(), "unknown authority"},
		{"server with a certificate for clients", source(ca, ca, onlyClient).Server(tls.NoClientCert), client.Client(), "incompatible key usage"},
		{"older TLS", server.Server(tls.NoClientCert), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}, "protocol version"},
		{"by the right name", server.Server(tls.NoClientCert), client.ClientOf("localhost"), ""},
		{"by the right address", server.Server(tls.NoClientCert), client.ClientOf("127.0.0.1"), ""},
		{"by a wrong name", server.Server(tls.NoClientCert), client.ClientOf("example.org"), "not example.org"},
		{"by a wrong address", server.Server(tls.NoClientCert), client.ClientOf("10.9.8.7"), "not 10.9.8.7"},
		{"by no name", server.Server(tls.NoClientCert), client.ClientOf(""), "no host to verify"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := visit(echo(t, c.server), c.client)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("the error is %v, it should contain %q", err, c.want)
			}
		})
	}
}

func TestAClientWithoutCertificate(t *testing.T) {
	ca := certificatetest.NewAuthority(t, "web")
	files := ca.Node(t, 0, "c").Write(t, t.TempDir(), ca)
	server := open(t, files, nil)
	client := open(t, certificatetest.Files{CA: files.CA}, nil)
	address := echo(t, server.Server(tls.VerifyClientCertIfGiven))
	if _, err := visit(address, client.ClientOf("localhost")); err != nil {
		t.Error(err)
	}
	if _, err := visit(echo(t, client.Server(tls.NoClientCert)), client.ClientOf("localhost")); err == nil {
		t.Error("a listener without a certificate accepted")
	}
	if err := client.CheckMutual(); err == nil {
		t.Error("a source without a certificate passed for mutual TLS")
	}
	noAuthorities := open(t, certificatetest.Files{Cert: files.Cert, Key: files.Key}, nil)
	if _, err := visit(address, noAuthorities.Client()); err == nil || !strings.Contains(err.Error(), "by its name") {
		t.Errorf("without authorities and without a name: %v", err)
	}
	if _, err := visit(echo(t, noAuthorities.Server(tls.RequireAndVerifyClientCert)), server.Client()); err == nil {
		t.Error("clients were verified without authorities")
	}
}

func TestMutualSaysWhatPeersWouldRefuse(t *testing.T) {
	ca, foreign := certificatetest.NewAuthority(t, "nodes"), certificatetest.NewAuthority(t, "nodes")
	for _, c := range []struct {
		name   string
		signs  *certificatetest.Authority
		usages []x509.ExtKeyUsage
		good   bool
	}{
		{"good", ca, nil, true},
		{"of another authority", foreign, nil, false},
		{"for servers alone", ca, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, false},
		{"for clients alone", ca, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, false},
	} {
		pair := c.signs.Issue(t, certificatetest.Options{Name: "n", Usages: c.usages})
		if err := open(t, pair.Write(t, t.TempDir(), ca), nil).CheckMutual(); (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestGRPCAndHTTPServeWithASource(t *testing.T) {
	ca := certificatetest.NewAuthority(t, "gateway")
	source := open(t, ca.Node(t, 0, "c").Write(t, t.TempDir(), ca), nil)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(source.Server(tls.RequireAndVerifyClientCert))))
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	client, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(credentials.NewTLS(source.ClientOf("localhost"))))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := grpc_health_v1.NewHealthClient(client).Check(context.Background(), &grpc_health_v1.HealthCheckRequest{}); err != nil {
		t.Error(err)
	}

	if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	web := &http.Server{
		TLSConfig: source.Server(tls.RequireAndVerifyClientCert, "h2", "http/1.1"),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, r.Proto+" "+r.TLS.VerifiedChains[0][0].Subject.CommonName)
		}),
	}
	go func() { _ = web.ServeTLS(listener, "", "") }()
	defer func() { _ = web.Close() }()
	transport := &http.Transport{TLSClientConfig: source.ClientOf("127.0.0.1"), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("https://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, _ := io.ReadAll(response.Body); string(body) != "HTTP/2.0 node-0.c" {
		t.Errorf("the answer is %q", body)
	}
}
