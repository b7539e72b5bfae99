package gateway

import (
	"encoding/json"
	"strings"
	"unsafe"

	"github.com/payhub/payhub/engine/record"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// parseVariables reads the variables argument of a call: the text of a JSON object, where "",
// blanks and null mean {}.
func parseVariables(text string) (record.Document, error) {
	if text == "" || text == "null" {
		return nil, nil
	}
	// The document copies what it keeps, so the request's text is not copied first.
	variables, err := record.ParseDocument(unsafe.Slice(unsafe.StringData(text), len(text)))
	if err != nil {
		return nil, status.Errorf(codes.InvalidArgument, "Property 'variables' is invalid: %s", variablesProblem(text, err))
	}
	return variables, nil
}

// variablesProblem says what is wrong with variables, in Zeebe's words where it is an array.
func variablesProblem(text string, err error) string {
	if strings.HasPrefix(strings.TrimSpace(text), "[") && json.Valid([]byte(text)) {
		return "Expected document to be a root level object, but was 'ARRAY'"
	}
	return err.Error()
}

// documentText is a document, or the members named by only, as the text of a JSON object.
func documentText(document record.Document, only []string) string {
	if document.Len() == 0 {
		return "{}"
	}
	text := document.AppendJSONOf(make([]byte, 0, len(document)+2*document.Len()+2), only)
	return unsafe.String(unsafe.SliceData(text), len(text)) // nobody else holds the bytes
}

// checkTenant accepts the one tenant there is while multi-tenancy is off, as Zeebe does.
func checkTenant(rpc, tenantID string) error {
	if tenantID == "" || tenantID == record.DefaultTenant {
		return nil
	}
	return status.Errorf(codes.InvalidArgument,
		"Expected to handle gRPC request %s with tenant identifier '%s', but multi-tenancy is disabled", rpc, tenantID)
}

// checkTenants is checkTenant for calls that name several; none means the default tenant.
func checkTenants(rpc string, tenantIDs []string) ([]string, error) {
	for _, tenantID := range tenantIDs {
		if err := checkTenant(rpc, tenantID); err != nil {
			return nil, err
		}
	}
	return defaultTenants, nil
}

// defaultTenants is shared by all calls and never changed.
var defaultTenants = []string{record.DefaultTenant}
