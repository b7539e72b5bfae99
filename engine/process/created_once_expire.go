package process

import (
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/step"
)

// createdOnceExpire forgets an idempotency key whose instance ended longer ago than it is kept.
func createdOnceExpire(s *step.Step, command *record.Record) {
	once := s.View.CreatedOnceOf(command.Key)
	if once == nil || once.Expiry == 0 || once.Expiry > s.Now() {
		return
	}
	expired := *once
	expired.Variables = nil
	s.Emit(command.Key, record.CreatedOnceExpired, &expired)
}
