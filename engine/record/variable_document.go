package record

import "encoding/json"

// The intents of a VariableDocument.
const (
	VariableDocumentUpdate Intent = iota
	VariableDocumentUpdated
)

var variableDocumentIntents = []string{"UPDATE", "UPDATED"}

// VariableDocument sets variables from outside: Local on the scope itself, else each where the
// nearest scope already has it. The command's key is the scope.
type VariableDocument struct {
	ScopeKey  int64    `json:"scopeKey"`
	Local     bool     `json:"-"`
	Variables Document `json:"variables"`
	TenantID  string   `json:"tenantId"`
}

// UpdateSemantics is Zeebe's word for Local: LOCAL or PROPAGATE.
func (v *VariableDocument) UpdateSemantics() string {
	if v.Local {
		return "LOCAL"
	}
	return "PROPAGATE"
}

// MarshalJSON adds Zeebe's updateSemantics.
func (v *VariableDocument) MarshalJSON() ([]byte, error) {
	type plain VariableDocument
	return json.Marshal(struct {
		*plain
		UpdateSemantics string `json:"updateSemantics"`
	}{(*plain)(v), v.UpdateSemantics()})
}

// ValueType implements Value.
func (*VariableDocument) ValueType() ValueType { return VariableDocumentValue }

// Fields implements Value.
func (v *VariableDocument) Fields(c *Codec) {
	c.Int(&v.ScopeKey)
	c.Bool(&v.Local)
	v.Variables.fields(c)
	tenant(c, &v.TenantID)
}
