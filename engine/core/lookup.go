package core

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
)

// LookupRequest names an instance: by its key, or by the idempotency key that made it.
type LookupRequest struct {
	ProcessInstanceKey int64 // 0 if the idempotency key is given
	TenantID           string
	API                string
	IdempotencyKey     string
}

// Lookup is what the partition knows of an instance, as of the last committed batch.
type Lookup struct {
	Found                bool
	ProcessInstanceKey   int64
	ProcessDefinitionKey int64
	BpmnProcessID        string
	Version              int32
	State                string // ACTIVE, COMPLETED or TERMINATED; the ends only of instances created once
	CreatedAt            int64  // ms since the epoch; 0 unless it was created once
	EndedAt              int64  // ms since the epoch, -1 while active
	Variables            record.Document
	Incidents            []state.Incident
}

// Lookup reads an instance and the variables of its root scope.
func (c *Core) Lookup(request LookupRequest) Lookup {
	var once *record.CreatedOnce
	key := request.ProcessInstanceKey
	if key == 0 {
		if once = c.view.CreatedOnce(request.TenantID, request.API, request.IdempotencyKey); once == nil {
			return Lookup{}
		}
		key = once.ProcessInstanceKey
	} else {
		once = c.view.CreatedOnceOf(key)
	}
	found := Lookup{ProcessInstanceKey: key, State: record.InstanceActive, EndedAt: -1}
	if once != nil {
		found.Found, found.State, found.CreatedAt, found.EndedAt = true, once.State, once.CreatedAt, once.EndedAt
		found.ProcessDefinitionKey, found.BpmnProcessID, found.Version = once.ProcessDefinitionKey, once.BpmnProcessID, once.Version
		found.Variables = once.Variables
	}
	e := c.view.ElementInstance(key)
	if e == nil || e.FlowScopeKey >= 0 {
		return found
	}
	definition := c.view.Definition(e.ProcessDefinitionKey)
	found.Found = true
	found.ProcessDefinitionKey, found.BpmnProcessID, found.Version = definition.Key, definition.BpmnProcessID, definition.Version
	found.Variables = c.view.Variables(key)
	found.Incidents = c.incidents(key, nil)
	return found
}

// incidents collects the open incidents of an instance and everything in it.
func (c *Core) incidents(scope int64, all []state.Incident) []state.Incident {
	c.view.IncidentsOf(scope, func(i *state.Incident) bool {
		all = append(all, *i)
		return true
	})
	e := c.view.ElementInstance(scope)
	if e != nil && e.JobKey != 0 {
		if incident := c.view.Incident(c.view.JobIncident(e.JobKey)); incident != nil {
			all = append(all, *incident)
		}
	}
	if e != nil && e.CalledKey != 0 {
		all = c.incidents(e.CalledKey, all)
	}
	c.view.Children(scope, func(child *state.ElementInstance) bool {
		all = c.incidents(child.Key, all)
		return true
	})
	return all
}

// Exporters lists what every exporter has acknowledged.
func (c *Core) Exporters() (all []record.Exporter) {
	c.view.Exporters(func(e *record.Exporter) bool {
		all = append(all, *e)
		return true
	})
	return all
}
