package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

func (a *app) instanceCreateCommand() *cobra.Command {
	var vars string
	var version int32
	var wait time.Duration
	c := &cobra.Command{
		Use: "create PROCESS-ID", Short: "start a process instance", Args: arguments(1, 1, "one process id"),
		Example: `  payhub instance create order --vars '{"amount": 5}'
  payhub instance create order --wait 10s   # waits for its end and prints its variables`,
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkVariables("instance create", vars); err != nil {
				return err
			}
			request := &gatewaypb.CreateProcessInstanceRequest{BpmnProcessId: args[0], Version: version, Variables: vars}
			return a.withGateway(c.Context(), "instance create", func(ctx context.Context, g gatewayClient) error {
				if wait > 0 {
					return a.createWithResult(ctx, g, request, wait)
				}
				r, err := g.CreateProcessInstance(ctx, request)
				if err != nil {
					return err
				}
				return a.print(createdInstance{r.GetProcessInstanceKey(), r.GetProcessDefinitionKey(), r.GetBpmnProcessId(), r.GetVersion(), nil}, func(w io.Writer) {
					fmt.Fprintf(w, "instance %d of %s version %d\n", r.GetProcessInstanceKey(), r.GetBpmnProcessId(), r.GetVersion())
				})
			})
		},
	}
	c.Flags().StringVar(&vars, "vars", "", "variables, a JSON object")
	c.Flags().Int32Var(&version, "version", -1, "version of the process; -1 is the latest")
	c.Flags().DurationVar(&wait, "wait", 0, "wait this long for the end of the instance")
	return c
}

// createdInstance is the answer of instance create.
type createdInstance struct {
	ProcessInstanceKey   int64           `json:"processInstanceKey,string"`
	ProcessDefinitionKey int64           `json:"processDefinitionKey,string"`
	BpmnProcessID        string          `json:"bpmnProcessId"`
	Version              int32           `json:"version"`
	Variables            json.RawMessage `json:"variables,omitempty"`
}

func (a *app) createWithResult(ctx context.Context, g gatewayClient, request *gatewaypb.CreateProcessInstanceRequest, wait time.Duration) error {
	r, err := g.CreateProcessInstanceWithResult(ctx, &gatewaypb.CreateProcessInstanceWithResultRequest{Request: request, RequestTimeout: wait.Milliseconds()})
	if err != nil {
		return err
	}
	answer := createdInstance{r.GetProcessInstanceKey(), r.GetProcessDefinitionKey(), r.GetBpmnProcessId(), r.GetVersion(), json.RawMessage(r.GetVariables())}
	return a.print(answer, func(w io.Writer) {
		fmt.Fprintf(w, "instance %d of %s version %d has ended with %s\n", r.GetProcessInstanceKey(), r.GetBpmnProcessId(), r.GetVersion(), r.GetVariables())
	})
}
