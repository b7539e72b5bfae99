package cluster

import (
	"context"
	"fmt"
	"sync"

	"github.com/payhub/payhub/engine/nodepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Calls are the management's calls between nodes, by name.
type Calls struct {
	r *Router

	mu            sync.Mutex
	handlers      map[string]func(ctx context.Context, from string, body []byte) ([]byte, error)
	configuration func(ctx context.Context, version int64, document []byte) (int64, []byte, error)
}

func newCalls(r *Router) *Calls {
	return &Calls{r: r, handlers: map[string]func(context.Context, string, []byte) ([]byte, error){}}
}

// Handle names who answers calls of a name on this node: request and answer are JSON, from is the
// caller's server id. Registered before Serve.
func (c *Calls) Handle(name string, handler func(ctx context.Context, from string, body []byte) ([]byte, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers[name] = handler
}

// HandleConfiguration names who takes the cluster's configuration when it is handed out and says
// which one this node has then; a document without bytes only asks. Registered before Serve.
func (c *Calls) HandleConfiguration(handler func(ctx context.Context, version int64, document []byte) (int64, []byte, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.configuration = handler
}

// Call makes a call at another node and waits for the answer, or for the end of the context. A call
// that failed may have been carried out.
func (c *Calls) Call(ctx context.Context, serverID, name string, body []byte) ([]byte, error) {
	p, err := c.r.roster.peer(serverID)
	if err != nil {
		return nil, err
	}
	answer, err := p.client.Manage(c.r.roster.introduced(ctx), &nodepb.ManageRequest{Name: name, Body: body})
	if err != nil {
		return nil, fmt.Errorf("%s at node %s: %w", name, serverID, said(err))
	}
	return answer.GetBody(), nil
}

// HandOut offers a node a configuration, or asks for the node's with a document without bytes. The
// answer is what the node has then; version 0 is none.
func (c *Calls) HandOut(ctx context.Context, serverID string, version int64, document []byte) (int64, []byte, error) {
	p, err := c.r.roster.peer(serverID)
	if err != nil {
		return 0, nil, err
	}
	answer, err := p.client.Configuration(c.r.roster.introduced(ctx), &nodepb.ConfigurationRequest{Version: version, Document: document})
	if err != nil {
		return 0, nil, fmt.Errorf("configuration for node %s: %w", serverID, said(err))
	}
	return answer.GetVersion(), answer.GetDocument(), nil
}

// said is what the other node said went wrong, without the wrapping of its status.
func said(err error) error {
	if s := status.Convert(err); s.Code() == codes.Unavailable {
		return fmt.Errorf("%w: %s", ErrUnavailable, s.Message())
	} else if s.Code() == codes.Unknown {
		return &remoteError{text: s.Message()}
	}
	return err
}

// Manage implements nodepb.NodeServer.
func (s *service) Manage(ctx context.Context, request *nodepb.ManageRequest) (*nodepb.ManageResponse, error) {
	from, err := introducedAs(ctx)
	if err != nil {
		return nil, err
	}
	c := s.r.calls
	c.mu.Lock()
	handler := c.handlers[request.GetName()]
	c.mu.Unlock()
	if handler == nil {
		return nil, status.Errorf(codes.Unimplemented, "node %s does not know the call %q", s.r.config.ServerID, request.GetName())
	}
	body, err := handler(ctx, from, request.GetBody())
	if err != nil {
		return nil, err
	}
	return &nodepb.ManageResponse{Body: body}, nil
}

// Configuration implements nodepb.NodeServer.
func (s *service) Configuration(ctx context.Context, request *nodepb.ConfigurationRequest) (*nodepb.ConfigurationResponse, error) {
	c := s.r.calls
	c.mu.Lock()
	handler := c.configuration
	c.mu.Unlock()
	if handler == nil {
		return nil, status.Errorf(codes.Unimplemented, "node %s takes no configuration", s.r.config.ServerID)
	}
	version, document, err := handler(ctx, request.GetVersion(), request.GetDocument())
	if err != nil {
		return nil, err
	}
	return &nodepb.ConfigurationResponse{Version: version, Document: document}, nil
}
