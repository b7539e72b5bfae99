package sdk

import (
	"context"
	"errors"

	"github.com/payhub/payhub/engine/gatewaypb"
)

// Resource is a file to deploy: BPMN, DMN, form or YAML by the suffix of its name.
type Resource struct {
	Name    string
	Content []byte
}

// Definition is a deployed process.
type Definition struct {
	Key       int64
	ProcessID string
	Version   int32
}

// Deploy deploys all resources or none. What is deployed already keeps its version. The answer lists the processes
// in the order of the resources.
func (c *Client) Deploy(ctx context.Context, resources ...Resource) ([]Definition, error) {
	if len(resources) == 0 {
		return nil, errors.New("sdk: nothing to deploy")
	}
	request := &gatewaypb.DeployResourceRequest{}
	for _, r := range resources {
		request.Resources = append(request.Resources, &gatewaypb.Resource{Name: r.Name, Content: r.Content})
	}
	answer, err := c.gateway.DeployResource(ctx, request)
	if err != nil {
		return nil, err
	}
	var out []Definition
	for _, d := range answer.Deployments {
		if p := d.GetProcess(); p != nil {
			out = append(out, Definition{Key: p.ProcessDefinitionKey, ProcessID: p.BpmnProcessId, Version: p.Version})
		}
	}
	return out, nil
}
