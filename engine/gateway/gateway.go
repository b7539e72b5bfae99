// Package gateway serves the engine to clients: the Zeebe-compatible gRPC service
// gateway_protocol.Gateway, one file per RPC, and payhub's own payhub.v1.Engine beside it.
// It validates, turns requests into command records, routes them to partitions and turns
// records into answers; what a command does is the engine's business.
package gateway

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip" // @camunda8/sdk compresses every request; without it all its calls are UNIMPLEMENTED
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

// DefaultVersion is the protocol version that Topology reports: clients read major.minor of it
// and switch features on by it.
const DefaultVersion = "8.9.0"

// Config says what a gateway serves and its limits. Zero values mean the defaults named here.
type Config struct {
	Router  Router // required
	Version string // DefaultVersion
	// RequestTimeout is how long the gateway waits for a partition's answer, and for the end of
	// an instance whose creator gave no time: 15 s.
	RequestTimeout time.Duration
	// LongPoll is how long ActivateJobs waits when the caller leaves it to the server: 10 s.
	LongPoll time.Duration
	// MaxLongPoll is the longest wait a caller can ask for: 10 min. A poll that ends early ends
	// well, with no job.
	MaxLongPoll time.Duration
	// Probe is how often a waiting poll looks by itself, in case a notification got lost: 10 s.
	Probe time.Duration
	// MaxMessageSize is the largest request, and the size from which answers are split: 4 MiB.
	MaxMessageSize int
	// StreamCredits is how many jobs a job stream may have under way: 64, and at least as many as there are
	// partitions.
	StreamCredits int
	// Options are added to the gRPC server's: credentials, interceptors.
	Options []grpc.ServerOption
}

// Server is a gateway. Make it with New.
type Server struct {
	gatewaypb.UnimplementedGatewayServer
	enginepb.UnimplementedEngineServer

	config  Config
	router  Router
	grpc    *grpc.Server
	health  *health.Server
	polls   parkedPolls
	sweeps  atomic.Uint32 // counts sweeps over the partitions, so that each starts at another one
	stopped chan struct{}
	stop    sync.Once
}

// How much a client may send before the gateway has read it, per call and per connection, in bytes.
const (
	streamWindow     = 1 << 20
	connectionWindow = 4 << 20
)

// New makes a gateway that serves the router's engine. It reports itself as serving.
func New(config Config) (*Server, error) {
	if config.Router == nil {
		return nil, errors.New("gateway: Config.Router is missing")
	}
	config.applyDefaults()
	s := &Server{config: config, router: config.Router, health: health.NewServer(), stopped: make(chan struct{})}
	s.grpc = grpc.NewServer(append([]grpc.ServerOption{
		// Go, Java and Python clients ping every 45 s, Node clients every 360 s also without a
		// call. grpc-go's own default (5 min, with calls only) would cut them off.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		// A worker whose machine is gone is noticed by our own pings, and its jobs go to others.
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.MaxRecvMsgSize(hardLimitFactor * config.MaxMessageSize),
		// Windows of a fixed size: finding one out costs a ping for almost every small request.
		grpc.StaticStreamWindowSize(streamWindow),
		grpc.StaticConnWindowSize(connectionWindow),
		grpc.ChainUnaryInterceptor(s.limitUnary),
		grpc.ChainStreamInterceptor(s.limitStream),
	}, config.Options...)...)
	gatewaypb.RegisterGatewayServer(s.grpc, s)
	enginepb.RegisterEngineServer(s.grpc, s)
	grpc_health_v1.RegisterHealthServer(s.grpc, s.health)
	s.SetServing(true)
	s.router.OnJobsAvailable(s.polls.wake)
	return s, nil
}

func (c *Config) applyDefaults() {
	if c.Version == "" {
		c.Version = DefaultVersion
	}
	setDefault(&c.RequestTimeout, 15*time.Second)
	setDefault(&c.LongPoll, 10*time.Second)
	setDefault(&c.MaxLongPoll, 10*time.Minute)
	setDefault(&c.Probe, 10*time.Second)
	setDefault(&c.MaxMessageSize, 4<<20)
	setDefault(&c.StreamCredits, 64)
}

func setDefault[T int | time.Duration](value *T, otherwise T) {
	if *value <= 0 {
		*value = otherwise
	}
}

// SetServing sets what grpc.health.v1 answers for the server and both services.
func (s *Server) SetServing(serving bool) {
	state := grpc_health_v1.HealthCheckResponse_NOT_SERVING
	if serving {
		state = grpc_health_v1.HealthCheckResponse_SERVING
	}
	for _, service := range []string{"", gatewaypb.Gateway_ServiceDesc.ServiceName, enginepb.Engine_ServiceDesc.ServiceName} {
		s.health.SetServingStatus(service, state)
	}
}

// Serve accepts connections until Stop; it returns nil after that.
func (s *Server) Serve(listener net.Listener) error { return s.grpc.Serve(listener) }

// Stop says over grpc.health.v1 that this is the end, ends waiting polls and job streams, lets
// calls under way finish, and cuts what is left when the context ends.
func (s *Server) Stop(ctx context.Context) {
	s.stop.Do(func() {
		s.health.Shutdown()
		close(s.stopped)
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.grpc.GracefulStop()
	}()
	select {
	case <-done:
	case <-ctx.Done():
		s.grpc.Stop()
		<-done
	}
}
