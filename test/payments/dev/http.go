package dev

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// client calls payhub; a request that gets no answer in this time is a failure of the test.
var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 128}}

// Answer is an answer over HTTP.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// JSON reads the body into a value.
func (a Answer) JSON(t testing.TB, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), into); err != nil {
		t.Fatalf("%d %q is not the JSON that was expected: %v", a.Status, a.Body, err)
	}
}

// Ask sends a request to the HTTP listener: header lines as "Name: value".
func (p *Process) Ask(method, path, body string, header ...string) Answer {
	p.t.Helper()
	answer, err := p.Try(method, path, body, header...)
	if err != nil {
		p.t.Fatalf("%s %s: %v; payhub's log ends:\n%s", method, path, err, tail(p.Log()))
	}
	return answer
}

// Try does what Ask does, for a process that may end meanwhile.
func (p *Process) Try(method, path, body string, header ...string) (Answer, error) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+p.Addresses.HTTP+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ":")
		request.Header.Add(name, strings.TrimSpace(value))
	}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if errors.Is(err, syscall.ECONNRESET) { // it answered before it read the whole request
		err = nil
	}
	return Answer{response.StatusCode, response.Header, string(text)}, err
}

// Manage asks the management listener.
func (p *Process) Manage(path string) Answer {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.Addresses.Management+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return Answer{response.StatusCode, response.Header, string(text)}
}
