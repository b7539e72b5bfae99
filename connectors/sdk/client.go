package sdk

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
)

// DefaultAddress is where a gateway listens by default.
const DefaultAddress = "127.0.0.1:26500"

// DefaultTenant is the engine's tenant where multi-tenancy is off. Zeebe pushes jobs to a stream only if it names a
// tenant.
const DefaultTenant = "<default>"

// Client speaks to one gateway. It is safe for use by many goroutines and reconnects by itself.
type Client struct {
	conn     *grpc.ClientConn
	gateway  gatewaypb.GatewayClient
	engine   enginepb.EngineClient
	tenant   string
	longPoll time.Duration
}

// ClientOption sets something of a client.
type ClientOption func(*dialing)

type dialing struct {
	creds    credentials.TransportCredentials
	grpc     []grpc.DialOption
	tenant   string
	longPoll time.Duration
}

// WithTLS secures the connection; the default is plaintext, as for a gateway on the same machine.
func WithTLS(creds credentials.TransportCredentials) ClientOption {
	return func(d *dialing) { d.creds = creds }
}

// WithGRPC adds gRPC options: credentials per call, interceptors, a dialer.
func WithGRPC(options ...grpc.DialOption) ClientOption {
	return func(d *dialing) { d.grpc = append(d.grpc, options...) }
}

// WithTenant sets the engine's tenant for jobs; default DefaultTenant.
func WithTenant(tenant string) ClientOption { return func(d *dialing) { d.tenant = tenant } }

// WithLongPoll sets how long a poll without a job stream may wait at the gateway; default 10 s.
func WithLongPoll(wait time.Duration) ClientOption {
	return func(d *dialing) { d.longPoll = wait }
}

// Dial makes a client for the gateway at address (host:port; "" is DefaultAddress). It does not wait for a
// connection: calls fail with the gRPC status UNAVAILABLE while there is none.
func Dial(address string, options ...ClientOption) (*Client, error) {
	if address == "" {
		address = DefaultAddress
	}
	d := dialing{creds: insecure.NewCredentials(), tenant: DefaultTenant, longPoll: 10 * time.Second}
	for _, o := range options {
		o(&d)
	}
	target := address
	if !strings.Contains(target, ":///") {
		target = "dns:///" + target
	}
	conn, err := grpc.NewClient(target, append([]grpc.DialOption{
		grpc.WithTransportCredentials(d.creds),
		// Zeebe's gateway ends connections that ping more often than every 30 s, or without calls.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 45 * time.Second, Timeout: 10 * time.Second}),
	}, d.grpc...)...)
	if err != nil {
		return nil, fmt.Errorf("sdk: gateway address %q: %w", address, err)
	}
	return &Client{
		conn: conn, gateway: gatewaypb.NewGatewayClient(conn), engine: enginepb.NewEngineClient(conn),
		tenant: d.tenant, longPoll: d.longPoll,
	}, nil
}

// Close ends the connection. Calls that are under way fail.
func (c *Client) Close() error { return c.conn.Close() }

// Gateway is the whole Zeebe-compatible service, for calls that this package has no method for.
func (c *Client) Gateway() gatewaypb.GatewayClient { return c.gateway }
