package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// messageExpire removes a buffered message whose time to live is over.
func messageExpire(s *step.Step, command *record.Record) {
	if m := s.View.Message(command.Key); m != nil && m.Deadline <= s.Now() {
		s.Emit(m.Key, record.MessageExpired, &m.Message)
	}
}
