package process

import (
	"github.com/payhub/payhub/engine/element"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// elementTerminate begins the termination of an element instance.
func elementTerminate(s *step.Step, command *record.Record) { element.Terminate(s, command.Key) }
