package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"

	"github.com/camunda/zeebe/clients/go/v8/pkg/zbc"
	"google.golang.org/grpc"
)

// newClient makes a client of the gateway at an address: without TLS, or, where PAYHUB_CERT, PAYHUB_KEY and PAYHUB_CA name
// files, with mTLS. This client verifies servers but shows no certificate by itself; a dialer that does is the way to have
// it do so, and "plaintext" then means that the client does not encrypt a second time.
func newClient(address string) (zbc.Client, error) {
	config := &zbc.ClientConfig{GatewayAddress: address, UsePlaintextConnection: true}
	if os.Getenv("PAYHUB_CERT") == "" {
		return zbc.NewClient(config)
	}
	pair, err := tls.LoadX509KeyPair(os.Getenv("PAYHUB_CERT"), os.Getenv("PAYHUB_KEY"))
	if err != nil {
		return nil, err
	}
	authorities, err := os.ReadFile(os.Getenv("PAYHUB_CA"))
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("%s holds no certificate", os.Getenv("PAYHUB_CA"))
	}
	dialer := &tls.Dialer{Config: &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, RootCAs: roots, NextProtos: []string{"h2"},
	}}
	config.DialOpts = []grpc.DialOption{grpc.WithContextDialer(func(ctx context.Context, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", address)
	})}
	return zbc.NewClient(config)
}
