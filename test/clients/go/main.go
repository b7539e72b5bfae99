// Command driver makes the calls that it reads from standard input with the published Go
// client, and writes what the client got: one JSON object a line, as described in ../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/camunda/zeebe/clients/go/v8/pkg/entities"
	"github.com/camunda/zeebe/clients/go/v8/pkg/worker"
	"github.com/camunda/zeebe/clients/go/v8/pkg/zbc"
	"google.golang.org/grpc/status"
)

// args are the arguments of every call; each uses some.
type args struct {
	Key                                    int64 `json:",string"`
	RequestTimeout, Timeout, Backoff, TTL  int64
	Count, Max, Retries                    int32
	Files, Fetch                           []string
	ProcessID, VariablesText, Type, Worker string
	Message, Code, Name                    string
	CorrelationKey, MessageID              string
	Variables                              map[string]any
	Local                                  bool
}

func (a *args) variables() string {
	if a.VariablesText != "" {
		return a.VariablesText
	}
	if a.Variables == nil {
		return "{}"
	}
	text, _ := json.Marshal(a.Variables)
	return string(text)
}

// driver holds the client and what goes on in the background.
type driver struct {
	zbc.Client
	streamed chan entities.Job
	endTask  context.CancelFunc
	worker   worker.JobWorker
	worked   chan int64
}

func main() {
	client, err := newClient(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d := &driver{Client: client}
	in := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var request struct {
			Call string
			Args args
		}
		if err := json.Unmarshal(in.Bytes(), &request); err != nil {
			_ = out.Encode(map[string]any{"failed": err.Error()})
			continue
		}
		_ = out.Encode(d.answer(request.Call, &request.Args))
	}
}

func (d *driver) answer(call string, a *args) map[string]any {
	make, ok := calls[call]
	if !ok {
		return map[string]any{"unsupported": true}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	value, err := make(ctx, d, a)
	if err == nil {
		return map[string]any{"value": value}
	}
	if s, ok := status.FromError(err); ok {
		return map[string]any{"code": s.Code().String(), "message": s.Message()}
	}
	return map[string]any{"failed": err.Error()}
}

func job(j *entities.Job) map[string]any {
	return map[string]any{
		"key": fmt.Sprint(j.Key), "type": j.Type, "processInstanceKey": fmt.Sprint(j.ProcessInstanceKey),
		"bpmnProcessId": j.BpmnProcessId, "processDefinitionVersion": j.ProcessDefinitionVersion,
		"processDefinitionKey": fmt.Sprint(j.ProcessDefinitionKey), "elementId": j.ElementId,
		"elementInstanceKey": fmt.Sprint(j.ElementInstanceKey), "customHeaders": json.RawMessage(j.CustomHeaders),
		"worker": j.Worker, "retries": j.Retries, "deadlineAhead": j.Deadline > time.Now().UnixMilli(),
		"variables": json.RawMessage(j.Variables), "tenantId": j.TenantId,
	}
}

func resource(file string) (name string, content []byte, err error) {
	content, err = os.ReadFile(file)
	return filepath.Base(file), content, err
}
