package api

import (
	"net/http"
	"strings"

	"github.com/payhub/payhub/hub/tenant"
)

// Headers of the channel API. Where Payment Hub EE has several spellings, all are taken.
const (
	headerTenant      = "Platform-TenantId"
	headerTenantToo   = "X-Platform-TenantId"
	headerCorrelation = "X-CorrelationID"
	headerPayee       = "X-PayeeDFSP-ID"
	headerBatch       = "X-BatchID"
	headerInstitution = "X-Registering-Institution-ID"
	headerRequestType = "requestType"

	headerReplayed = "X-Idempotency-Replayed" // ours: the answer is the one of the first request
	headerWarning  = "Warning"
)

// maxHeader bounds the values that become part of keys and variables.
const maxHeader = 128

// one reads a header that may be there at most once, in any of its spellings.
func one(r *http.Request, v *violations, names ...string) string {
	var found []string
	for _, name := range names {
		for _, value := range r.Header.Values(name) {
			if value = strings.TrimSpace(value); value != "" {
				found = append(found, value)
			}
		}
	}
	if len(found) == 0 {
		return ""
	}
	for _, other := range found[1:] {
		if other != found[0] {
			v.add(codeFormat, names[0], "is there more than once, with different values")
			return ""
		}
	}
	if !printable(found[0], maxHeader) {
		v.add(codeFormat, names[0], "must be printable text of at most %d bytes", maxHeader)
		return ""
	}
	return found[0]
}

// payer is the tenant whom the caller speaks for.
func (a *API) payer(r *http.Request) (tenant.Tenant, *Problem) {
	var v violations
	id := one(r, &v, headerTenant, headerTenantToo)
	if id == "" && len(v) == 0 {
		v.add(codeMissing, headerTenant, "is missing: it names the institution that pays")
	}
	if p := v.problem(); p != nil {
		return tenant.Tenant{}, p
	}
	t, known := a.tenants.Get(id)
	if !known {
		p := problem(http.StatusBadRequest, categoryInterop, "PayerFspNotConfigured", headerTenant+" names no tenant of this hub")
		p.Parameters = []KeyValue{{"field", headerTenant}}
		return tenant.Tenant{}, p
	}
	return t, nil
}

// correlation is the caller's own id of a request.
func correlation(r *http.Request) (string, *Problem) {
	var v violations
	id := one(r, &v, headerCorrelation)
	if id == "" && len(v) == 0 {
		v.add(codeMissing, headerCorrelation, "is missing: it is the caller's own id of the payment, and what makes a repeat safe")
	}
	return id, v.problem()
}

// printable says whether a text has no control characters and at most n bytes.
func printable(text string, n int) bool {
	return len(text) <= n && !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f || c == '\uFFFD' })
}
