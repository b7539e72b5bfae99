package cluster

import (
	"context"
	"fmt"

	"github.com/payhub/payhub/engine/partition"
	"github.com/payhub/payhub/engine/record"
)

// LookupRequest names an instance by its key or, where that is 0, by its idempotency key.
type LookupRequest = partition.LookupRequest

// Instance is what the engine knows of a process instance, running or ended.
type Instance struct {
	ProcessInstanceKey   int64
	ProcessDefinitionKey int64
	BpmnProcessID        string
	Version              int32
	State                string          // record.InstanceActive, InstanceCompleted or InstanceTerminated
	Variables            record.Document // of the root scope
	CreatedAt            int64           // ms since the epoch
	EndedAt              int64           // ms since the epoch, 0 or less while running
	Incidents            []OpenIncident
}

// OpenIncident is an incident that nobody has resolved yet.
type OpenIncident struct {
	Key       int64
	CreatedAt int64 // ms since the epoch, 0 if not known
	record.Incident
}

// Lookup reads an instance at the partition's leader; ErrNotFound if it is unknown.
func (r *Router) Lookup(ctx context.Context, id int32, request LookupRequest) (Instance, error) {
	if local := r.view.Load().locals[id]; local != nil && local.Leads() {
		if found, err := lookUpHere(ctx, local, request); err == nil {
			return found.instance()
		}
	}
	c := record.NewEncoder(nil)
	codeRequest(&c, &request)
	answer, err := r.Query(ctx, id, queryLookup, c.Bytes())
	if err != nil {
		return Instance{}, err
	}
	var found lookup
	c = record.NewDecoder(answer)
	found.code(&c)
	if err := c.Err(); err != nil {
		return Instance{}, fmt.Errorf("cluster: the answer about an instance cannot be read: %w", err)
	}
	return found.instance()
}

// lookup is an instance, if there is one.
type lookup struct {
	found bool
	Instance
}

func (l *lookup) instance() (Instance, error) {
	if !l.found {
		return Instance{}, ErrNotFound
	}
	return l.Instance, nil
}

// lookUp answers the question for an instance.
func lookUp(ctx context.Context, local Local, body []byte) ([]byte, error) {
	var request LookupRequest
	c := record.NewDecoder(body)
	codeRequest(&c, &request)
	if err := c.Err(); err != nil {
		return nil, err
	}
	found, err := lookUpHere(ctx, local, request)
	if err != nil {
		return nil, err
	}
	c = record.NewEncoder(nil)
	found.code(&c)
	return c.Bytes(), nil
}

// lookUpHere reads an instance of a partition of this node.
func lookUpHere(ctx context.Context, local Local, request LookupRequest) (lookup, error) {
	p, ok := local.(*partition.Partition)
	if !ok {
		return lookup{}, fmt.Errorf("cluster: a partition of type %T cannot look up instances", local)
	}
	found, err := p.Lookup(ctx, request)
	if err != nil {
		return lookup{}, translate(err)
	}
	instance := Instance{
		ProcessInstanceKey: found.ProcessInstanceKey, ProcessDefinitionKey: found.ProcessDefinitionKey,
		BpmnProcessID: found.BpmnProcessID, Version: found.Version, State: found.State, Variables: found.Variables,
		CreatedAt: found.CreatedAt, EndedAt: found.EndedAt,
	}
	for _, i := range found.Incidents {
		instance.Incidents = append(instance.Incidents, OpenIncident{Key: i.Key, Incident: i.Incident})
	}
	return lookup{found.Found, instance}, nil
}

func codeRequest(c *record.Codec, request *LookupRequest) {
	c.Int(&request.ProcessInstanceKey)
	c.String(&request.TenantID)
	c.String(&request.API)
	c.String(&request.IdempotencyKey)
}

func (l *lookup) code(c *record.Codec) {
	c.Bool(&l.found)
	c.Int(&l.ProcessInstanceKey)
	c.Int(&l.ProcessDefinitionKey)
	c.String(&l.BpmnProcessID)
	c.Int32(&l.Version)
	c.String(&l.State)
	l.Variables.Field(c)
	c.Int(&l.CreatedAt)
	c.Int(&l.EndedAt)
	record.List(c, &l.Incidents, func(i *OpenIncident, c *record.Codec) {
		c.Int(&i.Key)
		c.Int(&i.CreatedAt)
		i.Incident.Fields(c)
	})
}
