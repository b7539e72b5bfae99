package ops

import (
	"context"
	"database/sql"
	"fmt"
)

// InstanceFilter says which instances are wanted; empty fields want all.
type InstanceFilter struct {
	// State is ACTIVE, COMPLETED, TERMINATED, or INCIDENT: running and stuck.
	State string
	// ProcessID is the id of the process in its model.
	ProcessID string
}

const selectInstances = `SELECT key, process_id, version, definition_key, parent_key, state, started_at, ended_at,
	EXISTS (SELECT 1 FROM incidents WHERE instance_key = instances.key AND resolved_at = 0), %s FROM instances`

func scanInstance(rows *sql.Rows, i *Instance) error {
	var steps string
	err := rows.Scan(&i.Key, &i.ProcessID, &i.Version, &i.DefinitionKey, &i.ParentKey, &i.State, &i.StartedAt, &i.EndedAt, &i.HasIncident, &steps)
	if steps != "" {
		i.Steps = readSteps(steps)
	}
	return err
}

// Instances lists process instances without their steps.
func (s *Store) Instances(ctx context.Context, f InstanceFilter, p Page) (List[Instance], error) {
	var c condition
	c.add("process_id = ?", f.ProcessID)
	switch f.State {
	case "":
	case "ACTIVE":
		c.text = append(c.text, "state = 0")
	case "INCIDENT":
		c.text = append(c.text, "key IN (SELECT instance_key FROM incidents WHERE resolved_at = 0)")
	case "COMPLETED", "TERMINATED":
		c.add("state = CAST(? AS INTEGER)", map[string]string{"COMPLETED": "1", "TERMINATED": "2"}[f.State])
	default:
		return List[Instance]{}, fmt.Errorf("%w: an instance's state is ACTIVE, INCIDENT, COMPLETED or TERMINATED, not %q", ErrFilter, f.State)
	}
	return list(ctx, s, fmt.Sprintf(selectInstances, "''"), "started_at", "key", c, p, scanInstance, func(i *Instance) cursor { return cursor{i.StartedAt, i.Key} })
}

// Instance gives one process instance with its steps, or ErrNotFound.
func (s *Store) Instance(ctx context.Context, key int64) (Instance, error) {
	return one(ctx, s, fmt.Sprintf(selectInstances, "steps")+" WHERE key = ?", scanInstance, key)
}
