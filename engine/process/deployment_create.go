package process

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/payhub/payhub/engine/bpmn"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// incoming is a process of a deployment, read and compared with what is there.
type incoming struct {
	metadata record.ProcessMetadata
	graph    *bpmn.Process
	resource []byte
	before   *state.Definition // latest version so far, nil if the process is new
	starts   map[string]bpmn.Schedule
}

// deploymentCreate brings resources in, all or none. A process whose resource is the same as its
// latest version's keeps that version.
func deploymentCreate(s *step.Step, command *record.Record) {
	v := command.Value.(*record.Deployment)
	if s.Partition() != coordinator {
		s.Reject(command, record.InvalidArgument, "Expected to deploy at partition %d, which distributes deployments to all others, but this is partition %d", coordinator, s.Partition())
		return
	}
	if len(v.Resources) == 0 {
		s.Reject(command, record.InvalidArgument, "Expected to deploy at least one resource, but none given")
		return
	}
	processes, problems := read(s, v)
	if len(problems) > 0 {
		s.Reject(command, record.InvalidArgument, "%s", bpmn.DeploymentText(problems...))
		return
	}
	for i := range processes {
		if !processes[i].metadata.IsDuplicate {
			processes[i].metadata.ProcessDefinitionKey = s.NextKey()
		}
	}
	created := &record.Deployment{DeploymentKey: s.NextKey(), TenantID: v.TenantID}
	answer := &record.Deployment{DeploymentKey: created.DeploymentKey, TenantID: v.TenantID}
	for i := range processes {
		if p := &processes[i]; !p.metadata.IsDuplicate {
			bring(s, p, created.DeploymentKey)
		}
		answer.ProcessesMetadata = append(answer.ProcessesMetadata, processes[i].metadata)
	}
	created.ProcessesMetadata = answer.ProcessesMetadata
	s.Emit(created.DeploymentKey, record.DeploymentCreated, created)
	distributeToAll(s, created, v.Resources)
	s.Respond(created.DeploymentKey, record.DeploymentCreated, answer)
}

// read reads the resources of a deployment and collects everything that is wrong with them.
func read(s *step.Step, v *record.Deployment) (processes []incoming, problems []error) {
	seen := map[string]string{}
	for _, r := range v.Resources {
		resource, err := bpmn.Read(r.ResourceName, r.Resource)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		checksum := sha256.Sum256(r.Resource)
		for _, graph := range resource.Processes {
			if first, twice := seen[graph.ID]; twice {
				problems = append(problems, &bpmn.DuplicateProcessError{First: first, Second: r.ResourceName})
				continue
			}
			seen[graph.ID] = r.ResourceName
			p := incoming{graph: graph, resource: r.Resource, before: s.View.LatestDefinition(v.TenantID, graph.ID)}
			p.metadata = record.ProcessMetadata{
				BpmnProcessID: graph.ID, Version: 1, ResourceName: r.ResourceName, Checksum: checksum[:], TenantID: v.TenantID,
			}
			if p.before != nil {
				p.compare()
			}
			if p.starts, err = startTimers(s, graph); err != nil {
				problems = append(problems, fmt.Errorf("'%s':\n- Element: %w", r.ResourceName, err))
				continue
			}
			processes = append(processes, p)
		}
	}
	return processes, problems
}

// compare gives the process its version: the latest one if nothing has changed, else the next.
func (p *incoming) compare() {
	if bytes.Equal(p.before.Checksum, p.metadata.Checksum) && p.before.ResourceName == p.metadata.ResourceName {
		p.metadata.IsDuplicate = true
		p.metadata.Version, p.metadata.ProcessDefinitionKey = p.before.Version, p.before.Key
		return
	}
	p.metadata.Version = p.before.Version + 1
}

// startTimers evaluates the timers of the start events; there are no variables yet.
func startTimers(s *step.Step, graph *bpmn.Process) (map[string]bpmn.Schedule, error) {
	var schedules map[string]bpmn.Schedule
	for _, e := range graph.Root().Starts {
		if e.Timer == nil {
			continue
		}
		value, err := e.Timer.Expr.Eval(&s.Env, nil)
		if err != nil {
			return nil, fmt.Errorf("%s\n    - ERROR: Invalid timer %s expression (%w)", e.ID, e.Timer.Kind, err)
		}
		schedule, err := e.Timer.Schedule(value, s.Now())
		if err != nil {
			return nil, fmt.Errorf("%s\n    - ERROR: Invalid timer %s expression (%w)", e.ID, e.Timer.Kind, err)
		}
		if schedules == nil {
			schedules = map[string]bpmn.Schedule{}
		}
		schedules[e.ID] = schedule
	}
	return schedules, nil
}

// bring records a new version of a process. From now on its start events are those that count:
// messages start it at the partitions they are routed to, timers at partition 1 alone.
func bring(s *step.Step, p *incoming, deployment int64) {
	key := p.metadata.ProcessDefinitionKey
	s.Emit(key, record.ProcessCreated, &record.Process{
		BpmnProcessID: p.metadata.BpmnProcessID, Version: p.metadata.Version, VersionTag: p.graph.VersionTag,
		ProcessDefinitionKey: key, ResourceName: p.metadata.ResourceName, Checksum: p.metadata.Checksum,
		Resource: p.resource, DeploymentKey: deployment, TenantID: p.metadata.TenantID,
	})
	if p.before != nil && p.before.Version > p.metadata.Version {
		return // an older version that comes late, to a partition that is new
	}
	if p.before != nil {
		closeStarts(s, p.before)
	}
	for _, e := range p.graph.Root().Starts {
		switch {
		case e.Timer != nil && s.Partition() != coordinator: // fires once per cluster
		case e.Timer != nil:
			schedule := p.starts[e.ID]
			s.Emit(s.NextKey(), record.TimerCreated, &record.Timer{
				ElementInstanceKey: -1, ProcessInstanceKey: -1, ProcessDefinitionKey: key, TargetElementID: e.ID,
				DueDate: schedule.Due, Repetitions: int32(schedule.Repetitions), TenantID: p.metadata.TenantID,
			})
		case e.Message != nil:
			name, _ := messageName(s, e)
			s.Emit(s.NextKey(), record.MessageStartEventSubscriptionCreated, &record.MessageStartEventSubscription{
				ProcessDefinitionKey: key, BpmnProcessID: p.metadata.BpmnProcessID, StartEventID: e.ID, MessageName: name,
				MessageKey: -1, ProcessInstanceKey: -1, TenantID: p.metadata.TenantID,
			})
		}
	}
}

// messageName is the constant name of a message that starts a process.
func messageName(s *step.Step, e *bpmn.Element) (string, bool) {
	value, err := e.Message.Name.Eval(&s.Env, nil)
	if err != nil {
		return "", false
	}
	return value.AsString()
}

// closeStarts ends the timers and message starts of a version that is no longer the latest.
func closeStarts(s *step.Step, before *state.Definition) {
	var timers []*state.Timer
	s.View.TimersOf(before.Key, func(t *state.Timer) bool {
		timers = append(timers, t)
		return true
	})
	for _, t := range timers {
		s.Emit(t.Key, record.TimerCanceled, &t.Timer)
	}
	var starts []*state.MessageStart
	s.View.MessageStartsOf(before.Key, func(start *state.MessageStart) bool {
		starts = append(starts, start)
		return true
	})
	for _, start := range starts {
		s.Emit(start.Key, record.MessageStartEventSubscriptionDeleted, &start.MessageStartEventSubscription)
	}
}
