package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// maxAnswer bounds what is read of an HTTP answer.
const maxAnswer = 64 << 20

// httpCall is one call of payhub's HTTP API.
type httpCall struct {
	method, path string
	header       map[string]string
	body         any
}

// callHTTP sends the call and reads the JSON answer into it. An answer other than 2xx is a
// failure with the text of its error document.
func (a *app) callHTTP(ctx context.Context, what string, call httpCall, answer any) error {
	var body io.Reader
	if call.body != nil {
		encoded, err := json.Marshal(call.body)
		if err != nil {
			return failed(what, err.Error(), "")
		}
		body = bytes.NewReader(encoded)
	}
	client, base, err := a.httpClient()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, call.method, base+call.path, body)
	if err != nil {
		return usage(what, "the address "+a.httpAddress+" is wrong: "+err.Error(), "write host:port")
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range call.header {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return a.ofHTTP(what, err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return a.ofHTTP(what, err)
	}
	if response.StatusCode/100 != 2 {
		return refused(what, response.StatusCode, content)
	}
	if err := json.Unmarshal(content, answer); err != nil {
		return failed(what, "the answer is not the JSON that was expected: "+err.Error(), "is --http-address that of a payhub of this version?")
	}
	return nil
}

// refused words an answer that is no success. Payment Hub EE's errors and ours name their text
// differently.
func refused(what string, code int, content []byte) error {
	var document struct {
		ErrorDescription   string `json:"errorDescription"`
		DeveloperMessage   string `json:"developerMessage"`
		DefaultUserMessage string `json:"defaultUserMessage"`
		Error              string `json:"error"`
		Cure               string `json:"cure"`
		Errors             []struct {
			ErrorDescription string `json:"errorDescription"`
		} `json:"errors"`
	}
	text := ""
	if json.Unmarshal(content, &document) == nil {
		for _, candidate := range []string{document.ErrorDescription, document.Error, document.DefaultUserMessage, document.DeveloperMessage} {
			if text == "" {
				text = candidate
			}
		}
		for _, e := range document.Errors {
			if !strings.Contains(text, e.ErrorDescription) {
				text += "; " + e.ErrorDescription
			}
		}
	}
	if text == "" {
		text = strings.Join(strings.Fields(string(content)), " ")
	}
	if strings.HasSuffix(text, "to an HTTPS server.") {
		document.Cure = "it runs with gateway.security.mode mtls: name --cert, --key and --ca"
	}
	return failed(what, fmt.Sprintf("%s (HTTP %d)", strings.TrimPrefix(text, "; "), code), document.Cure)
}
