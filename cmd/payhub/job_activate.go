package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/spf13/cobra"
)

// activatedJob is one job in the answer of job activate.
type activatedJob struct {
	Key                int64           `json:"key,string"`
	Type               string          `json:"type"`
	ProcessInstanceKey int64           `json:"processInstanceKey,string"`
	BpmnProcessID      string          `json:"bpmnProcessId"`
	ElementID          string          `json:"elementId"`
	Retries            int32           `json:"retries"`
	Deadline           string          `json:"deadline"`
	CustomHeaders      json.RawMessage `json:"customHeaders"`
	Variables          json.RawMessage `json:"variables"`
}

func (a *app) jobActivateCommand() *cobra.Command {
	var most int32
	var lease, wait time.Duration
	c := &cobra.Command{
		Use: "activate TYPE", Short: "take jobs of a type for a while and print them", Args: arguments(1, 1, "one job type"),
		Example: "  payhub job activate payment --max 5 --lease 1m --wait 5s -o json",
		RunE: func(c *cobra.Command, args []string) error {
			request := &gatewaypb.ActivateJobsRequest{Type: args[0], Worker: "payhub-cli", Timeout: lease.Milliseconds(), MaxJobsToActivate: most, RequestTimeout: wait.Milliseconds()}
			if wait <= 0 {
				request.RequestTimeout = -1
			}
			return a.withGateway(c.Context(), "job activate", func(ctx context.Context, g gatewayClient) error {
				jobs, err := activate(ctx, g, request)
				if err != nil {
					return err
				}
				return a.print(jobs, func(w io.Writer) {
					var rows [][]string
					for _, j := range jobs {
						rows = append(rows, []string{fmt.Sprint(j.Key), j.BpmnProcessID, j.ElementID, fmt.Sprint(j.ProcessInstanceKey), fmt.Sprint(j.Retries), string(j.Variables)})
					}
					table(w, []string{"JOB", "PROCESS", "ELEMENT", "INSTANCE", "RETRIES", "VARIABLES"}, rows)
				})
			})
		},
	}
	c.Flags().Int32Var(&most, "max", 1, "most jobs to take")
	c.Flags().DurationVar(&lease, "lease", 5*time.Minute, "time for which nobody else gets them")
	c.Flags().DurationVar(&wait, "wait", 0, "time to wait for a first job")
	return c
}

func activate(ctx context.Context, g gatewayClient, request *gatewaypb.ActivateJobsRequest) ([]activatedJob, error) {
	jobs := []activatedJob{}
	stream, err := g.ActivateJobs(ctx, request)
	if err != nil {
		return nil, err
	}
	for {
		r, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return jobs, nil
		}
		if err != nil {
			return nil, err
		}
		for _, j := range r.GetJobs() {
			jobs = append(jobs, activatedJob{
				j.GetKey(), j.GetType(), j.GetProcessInstanceKey(), j.GetBpmnProcessId(), j.GetElementId(), j.GetRetries(),
				timeText(j.GetDeadline()), json.RawMessage(j.GetCustomHeaders()), json.RawMessage(j.GetVariables()),
			})
		}
	}
}
