package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// elementComplete begins the completion of an element instance.
func elementComplete(s *step.Step, command *record.Record) { element.Complete(s, command.Key) }
