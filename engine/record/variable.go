package record

import "encoding/json"

// The intents of a Variable and of Variables.
const (
	VariableCreated Intent = iota
	VariableUpdated
)

var variableIntents = []string{"CREATED", "UPDATED"}

// Variable is one variable of a scope. The record's key is the variable.
type Variable struct {
	Name                 string          `json:"name"`
	Value                json.RawMessage `json:"-"` // compact JSON text; a string in exports, as Zeebe's
	ScopeKey             int64           `json:"scopeKey"`
	ProcessInstanceKey   int64           `json:"processInstanceKey"`
	ProcessDefinitionKey int64           `json:"processDefinitionKey"`
	BpmnProcessID        string          `json:"bpmnProcessId"`
	TenantID             string          `json:"tenantId"`
}

// MarshalJSON writes the value as JSON text in a string, as Zeebe's exporters do.
func (v *Variable) MarshalJSON() ([]byte, error) {
	type plain Variable
	return json.Marshal(struct {
		*plain
		Value string `json:"value"`
	}{(*plain)(v), string(v.Value)})
}

// ValueType implements Value.
func (*Variable) ValueType() ValueType { return VariableValue }

// Fields implements Value.
func (v *Variable) Fields(c *Codec) {
	c.String(&v.Name)
	c.Blob((*[]byte)(&v.Value))
	c.Int(&v.ScopeKey)
	c.Int(&v.ProcessInstanceKey)
	c.Int(&v.ProcessDefinitionKey)
	c.String(&v.BpmnProcessID)
	tenant(c, &v.TenantID)
}

// Variables packs the variables of one scope that one step created or updated: one record in
// the log for what is one VARIABLE record each on export. Each entry's key, in the document, is
// relative to ScopeKey.
type Variables struct {
	ScopeKey             int64    `json:"scopeKey"`
	ProcessInstanceKey   int64    `json:"processInstanceKey"`
	ProcessDefinitionKey int64    `json:"processDefinitionKey"`
	BpmnProcessID        string   `json:"bpmnProcessId"`
	Document             Document `json:"variables"`
	TenantID             string   `json:"tenantId"`
}

// ValueType implements Value.
func (*Variables) ValueType() ValueType { return VariablesValue }

// Fields implements Value.
func (v *Variables) Fields(c *Codec) {
	c.Int(&v.ScopeKey)
	c.Int(&v.ProcessInstanceKey)
	c.Int(&v.ProcessDefinitionKey)
	c.String(&v.BpmnProcessID)
	v.Document.fields(c)
	tenant(c, &v.TenantID)
}

// Expand calls visit with what the record is on export: itself, or one VARIABLE record per
// variable for a packed one. The record given to visit is valid during the call only.
func Expand(r *Record, visit func(*Record) error) error {
	packed, ok := r.Value.(*Variables)
	if !ok {
		return visit(r)
	}
	one := *r
	one.ValueType = VariableValue
	var failed error
	packed.Document.Each(func(e Entry) bool {
		one.Key = packed.ScopeKey + e.KeyOffset
		one.Value = &Variable{
			Name: e.Name, Value: e.Value, ScopeKey: packed.ScopeKey, ProcessInstanceKey: packed.ProcessInstanceKey,
			ProcessDefinitionKey: packed.ProcessDefinitionKey, BpmnProcessID: packed.BpmnProcessID, TenantID: packed.TenantID,
		}
		failed = visit(&one)
		one.Position++
		return failed == nil
	})
	return failed
}
