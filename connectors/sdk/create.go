package sdk

import (
	"context"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// LatestVersion asks for the newest version of a process.
const LatestVersion int32 = -1

// Instance is a process instance that was started.
type Instance struct {
	Key           int64
	DefinitionKey int64
	ProcessID     string
	Version       int32
}

// Create starts the newest version of a process; variables must become a JSON object, nil is none. It is not
// idempotent: after an error other than a refusal the instance may run. See CreateOnce.
func (c *Client) Create(ctx context.Context, processID string, variables any) (Instance, error) {
	text, err := object(variables)
	if err != nil {
		return Instance{}, err
	}
	a, err := c.gateway.CreateProcessInstance(ctx, &gatewaypb.CreateProcessInstanceRequest{
		BpmnProcessId: processID, Version: LatestVersion, Variables: text,
	})
	if err != nil {
		return Instance{}, err
	}
	return Instance{Key: a.ProcessInstanceKey, DefinitionKey: a.ProcessDefinitionKey, ProcessID: a.BpmnProcessId, Version: a.Version}, nil
}

// Cancel ends a process instance.
func (c *Client) Cancel(ctx context.Context, processInstanceKey int64) error {
	_, err := c.gateway.CancelProcessInstance(ctx, &gatewaypb.CancelProcessInstanceRequest{ProcessInstanceKey: processInstanceKey})
	return err
}
