package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/gateway"
	"google.golang.org/grpc"
)

// gatewayVersion is what clients are told. They compare it with Zeebe's versions, so it is the
// one whose calls are served.
const gatewayVersion = "8.8.0"

// streamWorkers is how many calls are served by goroutines that stay: their stacks have grown
// already. More calls at once get goroutines of their own.
const streamWorkers = 512

// startGateway serves gRPC.
func (n *node) startGateway(router gateway.Router) error {
	server, err := gateway.New(gateway.Config{
		Router: router, Version: gatewayVersion, Options: append(n.grpcSecurity(), grpc.NumStreamWorkers(streamWorkers)),
	})
	if err != nil {
		return failed("start", err.Error(), "")
	}
	listener := n.listeners[listenGRPC]
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			n.fail(fmt.Errorf("the gRPC listener ended: %w", err))
		}
	}()
	n.onStop("gateway", func(ctx context.Context) error { server.Stop(ctx); return nil })
	return nil
}

// dialGateway connects hub and connectors to the gateway they use: this node's own, or another
// one, which may be a real Zeebe's. A node without them needs none.
func (n *node) dialGateway() (*sdk.Client, error) {
	if !n.HasRole("hub") && !n.HasRole("connectors") {
		return nil, nil
	}
	address, security := n.Hub.Gateway, n.otherGatewaySecurity
	if address == "" {
		if n.listeners[listenGRPC] == nil || !n.HasRole("engine") || !n.HasRole("gateway") {
			return nil, failed("start", "hub.gateway is empty and this node has no gateway of its own",
				"name a gateway, or give the node the roles engine and gateway")
		}
		address, security = n.listeners[listenGRPC].Addr().String(), n.ownGatewaySecurity
	}
	options, err := security()
	if err != nil {
		return nil, err
	}
	client, err := sdk.Dial(address, options...)
	if err != nil {
		return nil, failed("start", "gateway "+address+": "+err.Error(), "")
	}
	n.onStop("gateway client", func(context.Context) error { return client.Close() })
	return client, nil
}
