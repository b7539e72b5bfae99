package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/spf13/cobra"
)

// shownInstance is the answer of instance show, read at the partition's leader.
type shownInstance struct {
	ProcessInstanceKey   int64           `json:"processInstanceKey,string"`
	ProcessDefinitionKey int64           `json:"processDefinitionKey,string"`
	BpmnProcessID        string          `json:"bpmnProcessId"`
	Version              int32           `json:"version"`
	State                string          `json:"state"`
	CreatedAt            string          `json:"createdAt,omitempty"`
	EndedAt              string          `json:"endedAt,omitempty"`
	Variables            json.RawMessage `json:"variables"`
	Incidents            []shownIncident `json:"incidents"`
}

type shownIncident struct {
	Key          int64  `json:"key,string"`
	ErrorType    string `json:"errorType"`
	ErrorMessage string `json:"errorMessage"`
	ElementID    string `json:"elementId"`
	JobKey       int64  `json:"jobKey,string,omitempty"`
}

func (a *app) instanceShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show KEY", Short: "print an instance's state, variables and incidents, as they are now", Args: arguments(1, 1, "one key"),
		Example: "  payhub instance show 2251799813685251 -o json",
		RunE: func(c *cobra.Command, args []string) error {
			key, err := parseKey("instance show", args[0])
			if err != nil {
				return err
			}
			return a.withGateway(c.Context(), "instance show", func(ctx context.Context, g gatewayClient) error {
				r, err := g.engine.Lookup(ctx, &enginepb.LookupRequest{By: &enginepb.LookupRequest_ProcessInstanceKey{ProcessInstanceKey: key}})
				if err != nil {
					return err
				}
				answer := shownInstanceOf(r)
				return a.print(answer, answer.text)
			})
		},
	}
}

func shownInstanceOf(r *enginepb.LookupResponse) shownInstance {
	s := shownInstance{
		ProcessInstanceKey: r.GetProcessInstanceKey(), ProcessDefinitionKey: r.GetProcessDefinitionKey(), BpmnProcessID: r.GetBpmnProcessId(),
		Version: r.GetVersion(), State: strings.TrimPrefix(r.GetState().String(), "INSTANCE_STATE_"),
		CreatedAt: timeText(r.GetCreatedAt()), EndedAt: timeText(r.GetEndedAt()), Variables: json.RawMessage(r.GetVariables()), Incidents: []shownIncident{},
	}
	if len(s.Variables) == 0 {
		s.Variables = json.RawMessage("{}")
	}
	for _, i := range r.GetIncidents() {
		s.Incidents = append(s.Incidents, shownIncident{i.GetKey(), i.GetErrorType(), i.GetErrorMessage(), i.GetElementId(), i.GetJobKey()})
	}
	return s
}

func (s shownInstance) text(w io.Writer) {
	fmt.Fprintf(w, "instance %d of %s version %d: %s\ncreated %s", s.ProcessInstanceKey, s.BpmnProcessID, s.Version, s.State, s.CreatedAt)
	if s.EndedAt != "" {
		fmt.Fprintf(w, ", ended %s", s.EndedAt)
	}
	fmt.Fprintf(w, "\nvariables %s\n", s.Variables)
	for _, i := range s.Incidents {
		fmt.Fprintf(w, "incident %d %s at %s: %s\n", i.Key, i.ErrorType, i.ElementID, i.ErrorMessage)
	}
}

// timeText writes milliseconds since 1970 as a time in UTC; "" for 0.
func timeText(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}
