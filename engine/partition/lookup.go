package partition

import (
	"context"

	"github.com/payhub/payhub/engine/core"
)

// LookupRequest names an instance by its key or, where that is 0, by its idempotency key.
type LookupRequest = core.LookupRequest

// Lookup reads an instance between two decisions; see Query.
func (p *Partition) Lookup(ctx context.Context, request LookupRequest) (found core.Lookup, err error) {
	err = p.Query(ctx, func(m Machine) {
		if l, ok := m.(interface {
			Lookup(core.LookupRequest) core.Lookup
		}); ok {
			found = l.Lookup(request)
		}
	})
	return found, err
}
