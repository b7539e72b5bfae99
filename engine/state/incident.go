package state

import "github.com/payhub/payhub/engine/record"

// Incident is an unresolved incident.
type Incident struct {
	record.Incident
	Key int64 // not in the row: it is the row's key
}

// Incident finds an incident by its key; nil if there is none.
func (v *View) Incident(key int64) *Incident {
	i, ok := load[record.Incident](v, v.key(tableIncident).num(key))
	if !ok {
		return nil
	}
	return &Incident{Incident: *i, Key: key}
}

// JobIncident is the incident of a job, 0 if it has none.
func (v *View) JobIncident(job int64) int64 {
	key, _ := v.number(v.key(tableIncidentJob).num(job))
	return key
}

// IncidentsOf calls visit with the incidents of an element instance itself, without its jobs'.
func (v *View) IncidentsOf(elementInstance int64, visit func(*Incident) bool) {
	v.scanPrefix(v.key(tableIncidentElement).num(elementInstance), func(key, _ []byte) bool {
		i := v.Incident(lastNum(key))
		return i == nil || visit(i)
	})
}

// InsertIncident adds an incident.
func (t *Tables) InsertIncident(i *Incident) {
	t.overlay.insert(t.key(tableIncident).num(i.Key), t.overlay.encode(&i.Incident))
	if i.JobKey > 0 {
		t.overlay.put(t.key(tableIncidentJob).num(i.JobKey), rowKey(nil).num(i.Key))
		return
	}
	t.overlay.insert(t.key(tableIncidentElement).num(i.ElementInstanceKey).num(i.Key), nil)
}

// DeleteIncident removes an incident.
func (t *Tables) DeleteIncident(i *Incident) {
	t.overlay.remove(t.key(tableIncident).num(i.Key))
	if i.JobKey > 0 {
		t.overlay.remove(t.key(tableIncidentJob).num(i.JobKey))
		return
	}
	t.overlay.remove(t.key(tableIncidentElement).num(i.ElementInstanceKey).num(i.Key))
}
