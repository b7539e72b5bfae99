package main

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"google.golang.org/grpc"
)

// callTimeout is how long a command waits for the gateway's answer.
const callTimeout = 30 * time.Second

// gatewayClient is a connection to the gRPC gateway with its two services.
type gatewayClient struct {
	gatewaypb.GatewayClient
	engine enginepb.EngineClient
}

// withGateway calls the gateway; what names the command in an error.
func (a *app) withGateway(ctx context.Context, what string, call func(ctx context.Context, g gatewayClient) error) error {
	address := bareAddress(a.address)
	security, err := a.files.credentials(address)
	if err != nil {
		return err
	}
	connection, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(security))
	if err != nil {
		return usage(what, "the address "+a.address+" is wrong: "+err.Error(), "write host:port")
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := call(ctx, gatewayClient{gatewaypb.NewGatewayClient(connection), enginepb.NewEngineClient(connection)}); err != nil {
		return a.ofGateway(what, err)
	}
	return nil
}

// parseKey reads a key from the command line.
func parseKey(what, text string) (int64, error) {
	key, err := strconv.ParseInt(text, 10, 64)
	if err != nil || key <= 0 {
		return 0, usage(what, strconv.Quote(text)+" is no key", "a key is a number such as 2251799813685249")
	}
	return key, nil
}

// checkVariables refuses what is no JSON object before it is sent.
func checkVariables(what, text string) error {
	var object map[string]json.RawMessage
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return usage(what, "the variables are no JSON object", `write --vars '{"amount": "10.50"}'`)
	}
	return nil
}
