package config

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Shown is one setting as `payhub config show` prints it.
type Shown struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
	Env    string `json:"env"`
}

// Show lists what is in force and where each value came from, secrets masked, in the order of
// Settings.
func (l *Loaded) Show() []Shown {
	list := make([]Shown, 0, len(settings))
	for _, s := range settings {
		shown := masked(l.values[s.Key])
		if s.secret() && l.origin[s.Key] != "default" {
			shown = mask
		}
		list = append(list, Shown{s.Key, shown, l.origin[s.Key], s.Env()})
	}
	return list
}

// Text is the value on one line, as it can be written in payhub.yaml.
func (s Shown) Text() string {
	switch v := s.Value.(type) {
	case string:
		return v
	case int:
		return fmt.Sprint(v)
	}
	text, err := yaml.MarshalWithOptions(s.Value, yaml.Flow(true))
	if err != nil {
		return fmt.Sprint(s.Value)
	}
	return strings.TrimSpace(string(text))
}

// mask stands for a secret.
const mask = "********"

// secretName matches the names of fields whose values nobody should read.
var secretName = regexp.MustCompile(`(?i)(passw|secret|token|credential|key)`)

// masked copies a value with the secrets in it covered: fields with a secret's name and
// passwords in addresses.
func masked(v any) any {
	switch v := v.(type) {
	case string:
		return maskURL(v)
	case time.Duration:
		return v.String()
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = masked(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, item := range v {
			if object[name] = masked(item); secretName.MatchString(name) && name != "publicKey" {
				object[name] = mask
			}
		}
		return object
	}
	return v
}

// password finds the password of an address. It reaches to the last @, because a password may
// hold one that was not escaped.
var password = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9+.-]*://[^:/?#]*):.*@`)

// maskURL covers the password of an address.
func maskURL(s string) string { return password.ReplaceAllString(s, "$1:"+mask+"@") }
