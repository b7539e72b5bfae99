package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// elementActivate begins the activation of an element instance.
func elementActivate(s *step.Step, command *record.Record) {
	element.Activate(s, command.Key, command.Value.(*record.ProcessInstance))
}
