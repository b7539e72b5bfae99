// Package tenant says who pays and is paid through this hub: each tenant is an institution (a DFSP) with its flow, its
// scheme and its account system.
package tenant

import (
	"fmt"
	"net/http"
	"regexp"
)

// SchemeLocal is the scheme of tenants that pay each other inside this hub.
const SchemeLocal = "local"

// Tenant is one institution. Its ID is what callers send as Platform-TenantId and what other institutions name it by
// (fspId).
type Tenant struct {
	ID            string
	Flow          string // process id of the flow that pays; see package flows
	Scheme        string // SchemeLocal
	AccountSystem string // kind of its account system, e.g. ledger

	// DefaultPayee is the tenant whose customer is paid when the caller does not name the institution; empty means
	// that the caller has to.
	DefaultPayee string

	// ConflictStatus is the HTTP status when a key is used again for another request: 409, or 400 as in Payment Hub
	// EE.
	ConflictStatus int
}

// Directory holds the tenants of a hub. It never changes.
type Directory struct {
	tenants map[string]Tenant
	ids     []string
}

// ids are as Zeebe's tenant ids, so that they can become the engine's one day.
var idForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,31}$`)

// New checks the tenants and makes their directory. The order is kept.
func New(tenants ...Tenant) (*Directory, error) {
	d := &Directory{tenants: map[string]Tenant{}}
	for _, t := range tenants {
		if t.ConflictStatus == 0 {
			t.ConflictStatus = http.StatusConflict
		}
		if err := t.check(); err != nil {
			return nil, err
		}
		if _, twice := d.tenants[t.ID]; twice {
			return nil, fmt.Errorf("tenant %q is there twice (remove one)", t.ID)
		}
		d.tenants[t.ID] = t
		d.ids = append(d.ids, t.ID)
	}
	for _, id := range d.ids {
		payee := d.tenants[id].DefaultPayee
		if _, ok := d.tenants[payee]; payee != "" && !ok {
			return nil, fmt.Errorf("tenant %q: its default payee %q is no tenant (use one of %v)", id, payee, d.ids)
		}
	}
	return d, nil
}

func (t Tenant) check() error {
	switch {
	case !idForm.MatchString(t.ID):
		return fmt.Errorf("tenant %q: an id has 1 to 31 letters, digits, '_', '.' or '-'", t.ID)
	case t.Flow == "":
		return fmt.Errorf("tenant %q has no flow (name the process id of one)", t.ID)
	case t.Scheme != SchemeLocal:
		return fmt.Errorf("tenant %q: scheme %q is not available (use %q)", t.ID, t.Scheme, SchemeLocal)
	case t.AccountSystem == "":
		return fmt.Errorf("tenant %q has no account system", t.ID)
	case t.ConflictStatus != http.StatusConflict && t.ConflictStatus != http.StatusBadRequest:
		return fmt.Errorf("tenant %q: conflict status %d is neither 409 nor 400", t.ID, t.ConflictStatus)
	}
	return nil
}

// Local makes the directory of tenants that pay each other inside one hub by one flow, each with an account system of
// the same kind. Of exactly two tenants each is the other's default payee.
func Local(flow, accountSystem string, ids ...string) (*Directory, error) {
	var tenants []Tenant
	for i, id := range ids {
		t := Tenant{ID: id, Flow: flow, Scheme: SchemeLocal, AccountSystem: accountSystem}
		if len(ids) == 2 {
			t.DefaultPayee = ids[1-i]
		}
		tenants = append(tenants, t)
	}
	return New(tenants...)
}

// Get is the tenant with an id.
func (d *Directory) Get(id string) (Tenant, bool) {
	t, ok := d.tenants[id]
	return t, ok
}

// All lists the tenants in the order they were given.
func (d *Directory) All() []Tenant {
	out := make([]Tenant, 0, len(d.ids))
	for _, id := range d.ids {
		out = append(out, d.tenants[id])
	}
	return out
}

// Payee finds whose customer is paid: the institution that the caller named, else the payer's default payee.
func (d *Directory) Payee(payer Tenant, fsp string) (Tenant, error) {
	if fsp == "" {
		fsp = payer.DefaultPayee
	}
	if fsp == "" {
		return Tenant{}, fmt.Errorf("tenant %q has no default payee institution (name it as payee.fspId or X-PayeeDFSP-ID)", payer.ID)
	}
	t, ok := d.tenants[fsp]
	if !ok {
		return Tenant{}, fmt.Errorf("institution %q is not known here", fsp)
	}
	return t, nil
}
