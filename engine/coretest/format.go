package coretest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Format writes a script in the form [ParseScript] reads; parsing what it wrote gives the same script.
func Format(s *Script) string {
	var b strings.Builder
	for _, line := range s.Head {
		fmt.Fprintln(&b, line)
	}
	for _, scenario := range s.Scenarios {
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "scenario %s\n", scenario.Name)
		for _, step := range scenario.Steps {
			for _, comment := range step.Comments {
				fmt.Fprintf(&b, "  %s\n", comment)
			}
			fmt.Fprintf(&b, "  %s\n", FormatCommand(step.Command))
			if e, ok := step.Command.(*Expect); ok {
				for _, line := range e.Lines {
					fmt.Fprintf(&b, "      %s\n", line)
				}
			}
		}
	}
	return b.String()
}

// FormatCommand writes one step as a line.
func FormatCommand(c Command) string {
	switch c := c.(type) {
	case *Deploy:
		return line("deploy", "", words(c.Files)...)
	case *Create:
		return line("create", c.Variables, word(c.Process), when(c.Version != 0, "version %d", c.Version),
			when(c.Result, "result"), when(c.Fetch != "", "fetch %s", word(c.Fetch)))
	case *Cancel:
		return line("cancel", "", word(c.Instance))
	case *Activate:
		return line("activate", "", word(c.Type), when(c.Max != 1, "max %d", c.Max),
			when(c.Timeout.Hours() != 24, "timeout %v", c.Timeout), when(c.Worker != "worker", "worker %s", word(c.Worker)),
			when(c.Fetch != "", "fetch %s", word(c.Fetch)))
	case *Complete:
		return line("complete", c.Variables, word(c.Job))
	case *Fail:
		return line("fail", c.Variables, word(c.Job), fmt.Sprintf("retries %d", c.Retries),
			when(c.Backoff != 0, "backoff %v", c.Backoff), when(c.Message != "", "message %q", c.Message))
	case *Throw:
		return line("throw", c.Variables, word(c.Job), fmt.Sprintf("code %q", c.Code), when(c.Message != "", "message %q", c.Message))
	case *UpdateRetries:
		return line("retries", "", word(c.Job), strconv.Itoa(int(c.Retries)))
	case *UpdateTimeout:
		return line("timeout", "", word(c.Job), c.Timeout.String())
	case *Publish:
		return line("publish", c.Variables, strconv.Quote(c.Name), fmt.Sprintf("key %q", c.Key),
			when(c.TTL != 0, "ttl %v", c.TTL), when(c.ID != "", "id %q", c.ID))
	case *SetVariables:
		return line("set", c.Variables, word(c.Instance), when(c.Local, "local"))
	case *Resolve:
		return line("resolve", "", word(c.Instance))
	case *Advance:
		return line("advance", "", c.By.String())
	case *Expect:
		return line("expect", "", c.Section)
	}
	return c.verb()
}

func line(verb, variables string, parts ...string) string {
	words := []string{verb}
	for _, part := range append(parts, variables) {
		if part != "" {
			words = append(words, part)
		}
	}
	return strings.Join(words, " ")
}

func when(condition bool, format string, values ...any) string {
	if !condition {
		return ""
	}
	return fmt.Sprintf(format, values...)
}

func words(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = word(s)
	}
	return out
}

// word quotes what would not be read back as one word.
func word(s string) string {
	plain := s != "" && s[0] != '"' && s[0] != '{' && utf8.ValidString(s)
	for _, r := range s {
		plain = plain && unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	if plain {
		return s
	}
	return strconv.Quote(s)
}
