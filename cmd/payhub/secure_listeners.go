package main

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/internal/certificate"
)

// openCertificates reads the files that the gRPC, HTTP and management listeners show and verify clients by. Without
// mTLS there are none. Whoever replaces them later needs no restart: see internal/certificate.
func (n *node) openCertificates() error {
	s := n.Gateway.Security
	if s.Mode != "mtls" {
		return nil
	}
	source, err := certificate.Open(s.Cert, s.Key, s.CA, n.log)
	if err != nil {
		return failed("start", "gateway.security: "+err.Error(), "")
	}
	n.clients = source
	n.onStop("certificates of listeners", func(context.Context) error { source.Close(); return nil })
	return nil
}

// grpcSecurity are the options of the gRPC server: every client shows a certificate where mTLS is on.
func (n *node) grpcSecurity() []grpc.ServerOption {
	if n.clients == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.Creds(credentials.NewTLS(n.clients.Server(tls.RequireAndVerifyClientCert)))}
}

// serveOn serves HTTP on a listener until the server ends, with mTLS where it is on.
func (n *node) serveOn(server *http.Server, listener net.Listener) error {
	if n.clients == nil {
		return server.Serve(listener)
	}
	server.TLSConfig = n.clients.Server(tls.RequireAndVerifyClientCert, "h2", "http/1.1")
	return server.ServeTLS(listener, "", "")
}

// ownGatewaySecurity is how hub and connectors call the gateway of their own process: with the files of its
// listeners, which its peers' authorities must then have signed for both uses.
func (n *node) ownGatewaySecurity() ([]sdk.ClientOption, error) {
	if n.clients == nil {
		return nil, nil
	}
	if err := n.clients.CheckMutual(); err != nil {
		return nil, failed("start", "gateway.security: hub and connectors call this node's gateway with its own certificate: "+err.Error(), "")
	}
	return []sdk.ClientOption{sdk.WithTLS(credentials.NewTLS(n.clients.Client()))}, nil
}

// otherGatewaySecurity is how hub and connectors call the gateway that hub.gateway names.
func (n *node) otherGatewaySecurity() ([]sdk.ClientOption, error) {
	s := n.Hub.Security
	if !s.On() {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(n.Hub.Gateway)
	if err != nil {
		return nil, failed("start", "hub.gateway: "+innermost(err).Error(), "write host:port")
	}
	source, err := certificate.Open(s.Cert, s.Key, s.CA, n.log)
	if err != nil {
		return nil, failed("start", "hub.security: "+err.Error(), "")
	}
	n.onStop("certificates of the hub", func(context.Context) error { source.Close(); return nil })
	return []sdk.ClientOption{sdk.WithTLS(credentials.NewTLS(source.ClientOf(host)))}, nil
}

// clientFiles are the files with which a command calls a gateway: --cert, --key and --ca.
type clientFiles struct{ cert, key, ca string }

// on tells whether calls are made with TLS.
func (f clientFiles) on() bool { return f != clientFiles{} }

// open reads the files for calls of host; it is called only where TLS is on. A command is over long before a file is
// replaced, so that nothing needs to watch them.
func (f clientFiles) open(host string) (*tls.Config, error) {
	source, err := certificate.Open(f.cert, f.key, f.ca, nil)
	if err != nil {
		return nil, usage("--cert, --key, --ca", err.Error(), "")
	}
	source.Close()
	return source.ClientOf(host), nil
}

// credentials are those of gRPC calls of an address.
func (f clientFiles) credentials(address string) (credentials.TransportCredentials, error) {
	if !f.on() {
		return insecure.NewCredentials(), nil
	}
	c, err := f.open(hostOf(address))
	if err != nil {
		return nil, err
	}
	return credentials.NewTLS(c), nil
}

// httpClient gives what calls the HTTP API, and where it is.
func (a *app) httpClient() (client *http.Client, base string, err error) {
	host := bareAddress(a.httpAddress)
	if !a.files.on() {
		if strings.Contains(a.httpAddress, "://") {
			return http.DefaultClient, a.httpAddress, nil
		}
		return http.DefaultClient, "http://" + host, nil
	}
	c, err := a.files.open(hostOf(host))
	if err != nil {
		return nil, "", err
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true, DisableKeepAlives: true}}, "https://" + host, nil
}

// bareAddress is an address without http:// or https:// before it.
func bareAddress(address string) string {
	if _, bare, ok := strings.Cut(address, "://"); ok {
		return bare
	}
	return address
}

// hostOf is the host of host:port.
func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}

// cure says what to do about a call that got no answer: a handshake that fails has another reason than a payhub that
// is not there.
func (f clientFiles) cure(text, otherwise string) string {
	switch {
	case !f.on() && strings.Contains(text, "server preface"): // what gRPC says when the other side wants TLS
		return "if it runs with gateway.security.mode mtls, name --cert, --key and --ca; " + otherwise
	case !f.on(), strings.Contains(text, "connection refused"), strings.Contains(text, "no such host"):
		return otherwise
	case strings.Contains(text, "first record does not look like a TLS handshake"), strings.Contains(text, "server gave HTTP response"):
		return "it speaks without TLS: leave --cert, --key and --ca out"
	}
	return "--ca must hold what signed its certificate, which must bear the host of the address; --cert and --key must be signed by its gateway.security.ca"
}
