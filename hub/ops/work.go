package ops

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ErrFilter means that a filter asks for what does not exist.
var ErrFilter = errors.New("operations store: wrong filter")

// Jobs lists open jobs, newest first; an empty type wants all.
func (s *Store) Jobs(ctx context.Context, jobType string, p Page) (List[Job], error) {
	var c condition
	c.add("type = ?", jobType)
	return list(ctx, s, "SELECT key, instance_key, process_id, element_id, type, worker, retries, deadline, created_at, error FROM jobs", "created_at", "key", c, p,
		func(rows *sql.Rows, j *Job) error {
			return rows.Scan(&j.Key, &j.InstanceKey, &j.ProcessID, &j.ElementID, &j.Type, &j.Worker, &j.Retries, &j.Deadline, &j.CreatedAt, &j.Error)
		}, func(j *Job) cursor { return cursor{j.CreatedAt, j.Key} })
}

// Incidents lists incidents, newest first; the state is OPEN, RESOLVED or empty for all.
func (s *Store) Incidents(ctx context.Context, state string, p Page) (List[Incident], error) {
	var c condition
	switch state {
	case "":
	case "OPEN":
		c.text = append(c.text, "resolved_at = 0")
	case "RESOLVED":
		c.text = append(c.text, "resolved_at <> 0")
	default:
		return List[Incident]{}, fmt.Errorf("%w: an incident's state is OPEN or RESOLVED, not %q", ErrFilter, state)
	}
	return list(ctx, s, "SELECT key, instance_key, process_id, element_id, job_key, error_type, error, created_at, resolved_at FROM incidents", "created_at", "key", c, p,
		func(rows *sql.Rows, i *Incident) error {
			return rows.Scan(&i.Key, &i.InstanceKey, &i.ProcessID, &i.ElementID, &i.JobKey, &i.ErrorType, &i.Error, &i.CreatedAt, &i.ResolvedAt)
		}, func(i *Incident) cursor { return cursor{i.CreatedAt, i.Key} })
}

// Messages lists the messages that are kept, newest first; an empty name wants all.
func (s *Store) Messages(ctx context.Context, name string, p Page) (List[Message], error) {
	var c condition
	c.add("name = ?", name)
	return list(ctx, s, "SELECT key, name, correlation_key, message_id, published_at, deadline FROM messages", "published_at", "key", c, p,
		func(rows *sql.Rows, m *Message) error {
			return rows.Scan(&m.Key, &m.Name, &m.CorrelationKey, &m.MessageID, &m.PublishedAt, &m.Deadline)
		}, func(m *Message) cursor { return cursor{m.PublishedAt, m.Key} })
}
