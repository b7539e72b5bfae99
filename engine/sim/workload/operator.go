package workload

import "github.com/payhub/payhub/engine/record"

// The error types of the incidents that our models make.
const (
	noRetries = record.ErrorTypeJobNoRetries
	noChoice  = record.ErrorTypeCondition
)

// mend has the operator see to every incident that is open and that nobody works on.
func (u *Users) mend() {
	for _, i := range u.desk.OpenIncidents() {
		if u.mended[i.Key] {
			continue
		}
		u.mended[i.Key] = true
		resolve := func(record.Record) {
			u.insist(i.Partition, i.Key, record.IncidentResolve, &record.Incident{}, func(record.Record) { delete(u.mended, i.Key) })
		}
		switch i.Type {
		case noRetries:
			u.insist(i.Partition, i.JobKey, record.JobUpdateRetries, &record.Job{Retries: 3}, resolve)
		case noChoice:
			v := &record.VariableDocument{ScopeKey: i.Instance, Variables: document(map[string]any{"way": "left"}), TenantID: record.DefaultTenant}
			u.insist(i.Partition, i.Instance, record.VariableDocumentUpdate, v, resolve)
		default:
			resolve(record.Record{})
		}
	}
}
