package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/camunda/zeebe/clients/go/v8/pkg/entities"
	"github.com/camunda/zeebe/clients/go/v8/pkg/worker"
)

type (
	object = map[string]any
	call   = func(context.Context, *driver, *args) (any, error)
)

var calls = map[string]call{
	"topology": topology, "deployResource": deployResource, "create": create, "createWithResult": createWithResult,
	"activate": activate, "complete": complete, "fail": fail, "throwError": throwError, "updateRetries": updateRetries,
	"updateTimeout": updateTimeout, "publish": publish, "setVariables": setVariables, "resolveIncident": resolveIncident,
	"cancel": cancel, "openStream": openStream, "streamed": streamed, "startWorker": startWorker, "worked": worked,
}

func topology(ctx context.Context, d *driver, _ *args) (any, error) {
	r, err := d.NewTopologyCommand().Send(ctx)
	if err != nil {
		return nil, err
	}
	var partitions []object
	for _, b := range r.Brokers {
		for _, p := range b.Partitions {
			partitions = append(partitions, object{"id": p.PartitionId, "role": p.Role.String(), "health": p.Health.String()})
		}
	}
	return object{
		"clusterSize": r.ClusterSize, "partitionsCount": r.PartitionsCount, "replicationFactor": r.ReplicationFactor,
		"brokers": len(r.Brokers), "partitions": partitions, "hasVersion": r.GatewayVersion != "",
	}, nil
}

func deployResource(ctx context.Context, d *driver, a *args) (any, error) {
	command := d.NewDeployResourceCommand()
	for _, file := range a.Files {
		name, content, err := resource(file)
		if err != nil {
			return nil, err
		}
		command = command.AddResource(content, name)
	}
	r, err := command.Send(ctx)
	if err != nil {
		return nil, err
	}
	var processes []object
	for _, deployment := range r.Deployments {
		p := deployment.GetProcess()
		processes = append(processes, object{
			"bpmnProcessId": p.BpmnProcessId, "version": p.Version, "processDefinitionKey": fmt.Sprint(p.ProcessDefinitionKey), "resourceName": p.ResourceName,
		})
	}
	return object{"key": fmt.Sprint(r.Key), "processes": processes}, nil
}

func create(ctx context.Context, d *driver, a *args) (any, error) {
	command, err := d.NewCreateInstanceCommand().BPMNProcessId(a.ProcessID).LatestVersion().VariablesFromString(a.variables())
	if err != nil {
		return nil, err
	}
	r, err := command.Send(ctx)
	if err != nil {
		return nil, err
	}
	return object{
		"processInstanceKey": fmt.Sprint(r.ProcessInstanceKey), "bpmnProcessId": r.BpmnProcessId, "version": r.Version,
		"processDefinitionKey": fmt.Sprint(r.ProcessDefinitionKey), "tenantId": r.TenantId,
	}, nil
}

func createWithResult(ctx context.Context, d *driver, a *args) (any, error) {
	command, err := d.NewCreateInstanceCommand().BPMNProcessId(a.ProcessID).LatestVersion().VariablesFromString(a.variables())
	if err != nil {
		return nil, err
	}
	r, err := command.WithResult().FetchVariables(a.Fetch...).Send(ctx)
	if err != nil {
		return nil, err
	}
	return object{
		"processInstanceKey": fmt.Sprint(r.ProcessInstanceKey), "bpmnProcessId": r.BpmnProcessId, "version": r.Version,
		"processDefinitionKey": fmt.Sprint(r.ProcessDefinitionKey), "variables": json.RawMessage(r.Variables), "tenantId": r.TenantId,
	}, nil
}

func activate(ctx context.Context, d *driver, a *args) (any, error) {
	// This client derives the long poll's time from the context: 90 % of what is left.
	ctx, cancel := context.WithTimeout(ctx, time.Duration(a.RequestTimeout)*time.Millisecond*10/9)
	defer cancel()
	found, err := d.NewActivateJobsCommand().JobType(a.Type).MaxJobsToActivate(a.Max).
		Timeout(time.Duration(a.Timeout) * time.Millisecond).WorkerName(a.Worker).FetchVariables(a.Fetch...).Send(ctx)
	if err != nil {
		return nil, err
	}
	jobs := []object{}
	for i := range found {
		jobs = append(jobs, job(&found[i]))
	}
	return object{"jobs": jobs}, nil
}

func complete(ctx context.Context, d *driver, a *args) (any, error) {
	command, err := d.NewCompleteJobCommand().JobKey(a.Key).VariablesFromString(a.variables())
	if err != nil {
		return nil, err
	}
	_, err = command.Send(ctx)
	return object{}, err
}

func fail(ctx context.Context, d *driver, a *args) (any, error) {
	command, err := d.NewFailJobCommand().JobKey(a.Key).Retries(a.Retries).ErrorMessage(a.Message).
		RetryBackoff(time.Duration(a.Backoff) * time.Millisecond).VariablesFromString(a.variables())
	if err != nil {
		return nil, err
	}
	_, err = command.Send(ctx)
	return object{}, err
}

func throwError(ctx context.Context, d *driver, a *args) (any, error) {
	command, err := d.NewThrowErrorCommand().JobKey(a.Key).ErrorCode(a.Code).ErrorMessage(a.Message).VariablesFromString(a.variables())
	if err != nil {
		return nil, err
	}
	_, err = command.Send(ctx)
	return object{}, err
}

func updateRetries(ctx context.Context, d *driver, a *args) (any, error) {
	_, err := d.NewUpdateJobRetriesCommand().JobKey(a.Key).Retries(a.Retries).Send(ctx)
	return object{}, err
}

func updateTimeout(ctx context.Context, d *driver, a *args) (any, error) {
	_, err := d.NewUpdateJobTimeoutCommand().JobKey(a.Key).Timeout(a.Timeout).Send(ctx)
	return object{}, err
}

func publish(ctx context.Context, d *driver, a *args) (any, error) {
	command, err := d.NewPublishMessageCommand().MessageName(a.Name).CorrelationKey(a.CorrelationKey).MessageId(a.MessageID).
		TimeToLive(time.Duration(a.TTL) * time.Millisecond).VariablesFromString(a.variables())
	if err != nil {
		return nil, err
	}
	r, err := command.Send(ctx)
	if err != nil {
		return nil, err
	}
	return object{"key": fmt.Sprint(r.Key), "tenantId": r.TenantId}, nil
}

func setVariables(ctx context.Context, d *driver, a *args) (any, error) {
	command, err := d.NewSetVariablesCommand().ElementInstanceKey(a.Key).VariablesFromString(a.variables())
	if err != nil {
		return nil, err
	}
	r, err := command.Local(a.Local).Send(ctx)
	if err != nil {
		return nil, err
	}
	return object{"key": fmt.Sprint(r.Key)}, nil
}

func resolveIncident(ctx context.Context, d *driver, a *args) (any, error) {
	_, err := d.NewResolveIncidentCommand().IncidentKey(a.Key).Send(ctx)
	return object{}, err
}

func cancel(ctx context.Context, d *driver, a *args) (any, error) {
	_, err := d.NewCancelInstanceCommand().ProcessInstanceKey(a.Key).Send(ctx)
	return object{}, err
}

func openStream(_ context.Context, d *driver, a *args) (any, error) {
	ctx, cancel := context.WithCancel(context.Background())
	d.streamed, d.endTask = make(chan entities.Job, 10), cancel
	go func() {
		_ = d.NewStreamJobsCommand().JobType(a.Type).Consumer(d.streamed).TenantIds("<default>").Timeout(time.Minute).WorkerName(a.Worker).RequestTimeout(time.Minute).Send(ctx)
	}()
	time.Sleep(time.Second) // nothing tells that a stream is registered
	return object{}, nil
}

func streamed(ctx context.Context, d *driver, _ *args) (any, error) {
	defer d.endTask()
	select {
	case j := <-d.streamed:
		return job(&j), nil
	case <-ctx.Done():
		return nil, fmt.Errorf("no job came over the stream")
	}
}

func startWorker(_ context.Context, d *driver, a *args) (any, error) {
	d.worked = make(chan int64, 100)
	d.worker = d.NewJobWorker().JobType(a.Type).Handler(func(client worker.JobClient, j entities.Job) {
		command, err := client.NewCompleteJobCommand().JobKey(j.Key).VariablesFromString(`{"done":true}`)
		if err == nil {
			_, err = command.Send(context.Background())
		}
		if err == nil {
			d.worked <- j.Key
		}
	}).StreamEnabled(true).Open()
	return object{}, nil
}

func worked(ctx context.Context, d *driver, a *args) (any, error) {
	defer d.worker.Close()
	for n := range a.Count {
		select {
		case <-d.worked:
		case <-ctx.Done():
			return nil, fmt.Errorf("the worker completed %d of %d jobs", n, a.Count)
		}
	}
	return object{"completed": a.Count}, nil
}
