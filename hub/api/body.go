package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// Bounds of a request's body.
const (
	maxBody  = 64 << 10 // bytes
	maxDepth = 16       // objects and arrays within each other
)

// readBody reads a JSON object, checks its form and returns it in one canonical spelling: keys sorted, no white space.
// Two requests with the same canonical body are the same request.
func readBody(r *http.Request) ([]byte, *Problem) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, problem(http.StatusUnsupportedMediaType, categoryValidation, codeFormat, "Content-Type must be application/json")
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, problem(http.StatusUnsupportedMediaType, categoryValidation, codeFormat, "a compressed body is not taken")
	}
	text, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, problem(http.StatusRequestEntityTooLarge, categoryValidation, codeFormat, fmt.Sprintf("the body is larger than %d bytes", maxBody))
	case err != nil:
		p := problem(http.StatusBadRequest, categoryValidation, codeSyntax, "the body could not be read to its end")
		p.cause = err
		return nil, p
	}
	canonical, err := canonicalObject(text)
	if err != nil {
		return nil, problem(http.StatusBadRequest, categoryValidation, codeSyntax, "the body "+err.Error())
	}
	return canonical, nil
}

// canonicalObject checks that a text is one JSON object without duplicate keys, not nested too deeply, and gives it in
// canonical spelling. Keys that differ only in case are duplicates: JSON readers differ on which of them counts. Errors
// never quote values.
func canonicalObject(text []byte) ([]byte, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, errors.New("is empty: it must be a JSON object")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := canonicalValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("goes on after the JSON object")
	}
	if _, ok := value.(map[string]any); !ok {
		return nil, errors.New("is not a JSON object")
	}
	return json.Marshal(value)
}

func canonicalValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("is not JSON: %s at byte %d", strings.TrimPrefix(firstWords(syntax.Error()), "invalid "), syntax.Offset)
		}
		return nil, errors.New("is not complete JSON")
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil
	}
	if depth++; depth > maxDepth {
		return nil, fmt.Errorf("is nested deeper than %d levels", maxDepth)
	}
	if delim == '[' {
		return canonicalArray(d, depth)
	}
	object, seen := map[string]any{}, map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, errors.New("is not JSON: a key is malformed")
		}
		key, ok := token.(string)
		if !ok {
			return nil, errors.New("is not JSON: a key is no string")
		}
		if folded := strings.ToLower(key); seen[folded] {
			return nil, fmt.Errorf("has a key twice (at byte %d)", d.InputOffset())
		} else {
			seen[folded] = true
		}
		if object[key], err = canonicalValue(d, depth); err != nil {
			return nil, err
		}
	}
	return object, closing(d)
}

func canonicalArray(d *json.Decoder, depth int) (any, error) {
	array := []any{}
	for d.More() {
		v, err := canonicalValue(d, depth)
		if err != nil {
			return nil, err
		}
		array = append(array, v)
	}
	return array, closing(d)
}

// closing reads the end of an object or array.
func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return errors.New("is not complete JSON")
	}
	return nil
}

// firstWords cuts what encoding/json quotes of the input.
func firstWords(text string) string {
	if i := strings.IndexByte(text, '\''); i > 0 {
		return strings.TrimSpace(text[:i])
	}
	return text
}
