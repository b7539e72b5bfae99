package api

import (
	_ "embed" // the description of the API
	"net/http"
)

//go:embed openapi.yaml
var description []byte

// openAPI serves GET /openapi.yaml, the description of these endpoints.
func (a *API) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	_, _ = w.Write(description) // a caller that has gone needs no answer
}
