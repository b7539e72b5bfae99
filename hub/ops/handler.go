package ops

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Handler serves the lists of the operations API, all read only:
//
//	GET /api/v1/transfers      ?state= &tenant= &clientRefId= &limit= &after=
//	GET /api/v1/transfers/{id}
//	GET /api/v1/instances      ?state= &processDefinitionId= &limit= &after=
//	GET /api/v1/instances/{key}
//	GET /api/v1/jobs           ?type= &limit= &after=
//	GET /api/v1/incidents      ?state= &limit= &after=
//	GET /api/v1/messages       ?name= &limit= &after=
//
// A list is {"items": […], "next": "…"}; next goes into after. An error is {"error": "…", "cure": "…"}.
func (s *Store) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/transfers", serve(func(r *http.Request, q query) (any, error) {
		return s.Transfers(r.Context(), TransferFilter{q.Get("state"), q.Get("tenant"), q.Get("clientRefId")}, q.page)
	}, "state", "tenant", "clientRefId"))
	mux.HandleFunc("GET /api/v1/transfers/{id}", serve(func(r *http.Request, _ query) (any, error) {
		return s.Transfer(r.Context(), r.PathValue("id"))
	}))
	mux.HandleFunc("GET /api/v1/instances", serve(func(r *http.Request, q query) (any, error) {
		return s.Instances(r.Context(), InstanceFilter{q.Get("state"), q.Get("processDefinitionId")}, q.page)
	}, "state", "processDefinitionId"))
	mux.HandleFunc("GET /api/v1/instances/{key}", serve(func(r *http.Request, _ query) (any, error) {
		key, err := strconv.ParseInt(r.PathValue("key"), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %q is no key of an instance", ErrFilter, r.PathValue("key"))
		}
		return s.Instance(r.Context(), key)
	}))
	mux.HandleFunc("GET /api/v1/jobs", serve(func(r *http.Request, q query) (any, error) {
		return s.Jobs(r.Context(), q.Get("type"), q.page)
	}, "type"))
	mux.HandleFunc("GET /api/v1/incidents", serve(func(r *http.Request, q query) (any, error) {
		return s.Incidents(r.Context(), q.Get("state"), q.page)
	}, "state"))
	mux.HandleFunc("GET /api/v1/messages", serve(func(r *http.Request, q query) (any, error) {
		return s.Messages(r.Context(), q.Get("name"), q.page)
	}, "name"))
	return mux
}

// query is what a request asks for.
type query struct {
	url.Values
	page Page
}

// serve answers a request with what find gives, as JSON. A parameter that is not known is
// refused: a misspelt filter must not look like one that matches everything.
func serve(find func(*http.Request, query) (any, error), known ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, err := readQuery(r, known)
		if err != nil {
			answer(w, http.StatusBadRequest, problem{err.Error(), "see docs/surface.md"})
			return
		}
		found, err := find(r, q)
		switch {
		case err == nil:
			answer(w, http.StatusOK, found)
		case errors.Is(err, ErrNotFound):
			answer(w, http.StatusNotFound, problem{"there is no " + r.URL.Path, "lists are a little behind: try again in a second, or look for it in the list"})
		case errors.Is(err, ErrFilter), errors.Is(err, ErrCursor):
			answer(w, http.StatusBadRequest, problem{err.Error(), "see docs/surface.md"})
		default:
			answer(w, http.StatusInternalServerError, problem{err.Error(), "see payhub's log"})
		}
	}
}

func readQuery(r *http.Request, known []string) (q query, err error) {
	q.Values, err = url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, err
	}
	for name := range q.Values {
		if !slices.Contains(known, name) && name != "limit" && name != "after" {
			return q, fmt.Errorf("there is no parameter %q, only %s, limit, after", name, strings.Join(known, ", "))
		}
	}
	q.page.After = q.Get("after")
	if text := q.Get("limit"); text != "" {
		if q.page.Limit, err = strconv.Atoi(text); err != nil || q.page.Limit < 1 || q.page.Limit > 1000 {
			return q, fmt.Errorf("limit is %q: must be a number from 1 to 1000", text)
		}
	}
	return q, nil
}

// problem is the body of an answer that is no success.
type problem struct {
	Error string `json:"error"`
	Cure  string `json:"cure"`
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the caller is gone when this fails
}
