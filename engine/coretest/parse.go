package coretest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// ParseScript parses a scenario file. Errors name the path and the line.
func ParseScript(path, text string) (*Script, error) {
	p := parser{script: &Script{Path: path}}
	for i, line := range strings.Split(text, "\n") {
		if err := p.line(i+1, line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
	}
	if len(p.script.Scenarios) == 0 {
		return nil, fmt.Errorf("%s: no scenario in it", path)
	}
	return p.script, nil
}

type parser struct {
	script   *Script
	scenario *Scenario
	comments []string
	expect   *Expect // the step that deeper lines belong to
	indent   int     // of that step
}

var scenarioName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

func (p *parser) line(number int, raw string) error {
	text := strings.TrimSpace(raw)
	indent := len(raw) - len(strings.TrimLeft(raw, " "))
	switch {
	case p.expect != nil && text != "" && indent > p.indent:
		p.expect.Lines = append(p.expect.Lines, text)
		return nil
	case text == "":
		return nil
	case strings.HasPrefix(text, "#"):
		if p.scenario == nil && len(p.script.Scenarios) == 0 {
			p.script.Head = append(p.script.Head, text)
		} else {
			p.comments = append(p.comments, text)
		}
		return nil
	}
	p.expect = nil
	if name, ok := strings.CutPrefix(text, "scenario "); ok {
		return p.begin(number, strings.TrimSpace(name))
	}
	if p.scenario == nil {
		return fmt.Errorf("step %q before the first scenario", text)
	}
	words, variables, err := split(text)
	if err != nil {
		return err
	}
	command, err := parseCommand(words, variables)
	if err != nil {
		return err
	}
	if e, ok := command.(*Expect); ok {
		p.expect, p.indent = e, indent
	}
	p.scenario.Steps = append(p.scenario.Steps, &Step{Line: number, Comments: p.comments, Command: command})
	p.comments = nil
	return nil
}

func (p *parser) begin(number int, name string) error {
	if !scenarioName.MatchString(name) {
		return fmt.Errorf("scenario name %q: only letters, digits, '-', '_' and '.' are allowed", name)
	}
	for _, s := range p.script.Scenarios {
		if s.Name == name {
			return fmt.Errorf("scenario %s is there already, at line %d", name, s.Line)
		}
	}
	p.scenario = &Scenario{Name: name, Line: number}
	p.script.Scenarios = append(p.script.Scenarios, p.scenario)
	if len(p.comments) > 0 {
		p.script.Head = append(p.script.Head, p.comments...)
		p.comments = nil
	}
	return nil
}

// split cuts a step into words, quoted ones unquoted, and the JSON object that ends it.
func split(text string) (words []string, variables string, err error) {
	for rest := text; ; {
		rest = strings.TrimLeft(rest, " ")
		switch {
		case rest == "":
			return words, "", nil
		case rest[0] == '{':
			if !json.Valid([]byte(rest)) {
				return nil, "", fmt.Errorf("not a JSON object: %s", rest)
			}
			return words, rest, nil
		case rest[0] == '"':
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, "", fmt.Errorf("not a quoted text: %s", rest)
			}
			word, _ := strconv.Unquote(quoted)
			words, rest = append(words, word), rest[len(quoted):]
		default:
			word, after, _ := strings.Cut(rest, " ")
			words, rest = append(words, word), after
		}
	}
}

// arguments reads the words of one step from left to right; the first error stays.
type arguments struct {
	words []string
	err   error
}

func (a *arguments) next(what string) string {
	if len(a.words) == 0 {
		a.fail("%s is missing", what)
		return ""
	}
	word := a.words[0]
	a.words = a.words[1:]
	return word
}

// flag takes the keyword if it is next.
func (a *arguments) flag(keyword string) bool {
	if len(a.words) > 0 && a.words[0] == keyword {
		a.words = a.words[1:]
		return true
	}
	return false
}

func (a *arguments) option(keyword, otherwise string) string {
	if a.flag(keyword) {
		return a.next(keyword)
	}
	return otherwise
}

func (a *arguments) must(keyword string) string {
	if !a.flag(keyword) {
		a.fail("%q is missing", keyword)
		return ""
	}
	return a.next(keyword)
}

func (a *arguments) number(text string) int32 {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		a.fail("not a number: %q", text)
	}
	return int32(n)
}

func (a *arguments) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		a.fail("not a duration: %q", text)
	}
	return d
}

func (a *arguments) fail(format string, values ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, values...)
	}
}

// Sections are the parts of a trace an expectation can name; "answer" is what the step before got.
var Sections = []string{"answer", "elements", "flows", "jobs", "incidents", "variables", "messages", "timers", "all"}

func parseCommand(words []string, variables string) (Command, error) {
	a := &arguments{words: words}
	verb := a.next("the step")
	read, ok := readers[verb]
	if !ok {
		return nil, fmt.Errorf("unknown step %q", verb)
	}
	command := read(a, variables)
	if len(a.words) > 0 {
		a.fail("not understood: %q", strings.Join(a.words, " "))
	}
	if a.err != nil {
		return nil, fmt.Errorf("%s: %w", verb, a.err)
	}
	return command, nil
}

var readers = map[string]func(a *arguments, variables string) Command{
	"deploy": func(a *arguments, _ string) Command {
		d := &Deploy{Files: []string{a.next("a file")}}
		for len(a.words) > 0 {
			d.Files = append(d.Files, a.next("a file"))
		}
		return d
	},
	"create": func(a *arguments, v string) Command {
		c := &Create{Process: a.next("a process id"), Variables: v}
		c.Version = a.number(a.option("version", "0"))
		c.Result = a.flag("result")
		c.Fetch = a.option("fetch", "")
		return c
	},
	"cancel": func(a *arguments, _ string) Command { return &Cancel{Instance: a.next("an instance")} },
	"activate": func(a *arguments, _ string) Command {
		return &Activate{
			Type: a.next("a job type"), Max: a.number(a.option("max", "1")), Timeout: a.duration(a.option("timeout", "24h")),
			Worker: a.option("worker", "worker"), Fetch: a.option("fetch", ""),
		}
	},
	"complete": func(a *arguments, v string) Command { return &Complete{Job: a.next("a job"), Variables: v} },
	"fail": func(a *arguments, v string) Command {
		return &Fail{
			Job: a.next("a job"), Retries: a.number(a.must("retries")), Backoff: a.duration(a.option("backoff", "0s")),
			Message: a.option("message", ""), Variables: v,
		}
	},
	"throw": func(a *arguments, v string) Command {
		return &Throw{Job: a.next("a job"), Code: a.must("code"), Message: a.option("message", ""), Variables: v}
	},
	"retries": func(a *arguments, _ string) Command {
		return &UpdateRetries{Job: a.next("a job"), Retries: a.number(a.next("a number"))}
	},
	"timeout": func(a *arguments, _ string) Command {
		return &UpdateTimeout{Job: a.next("a job"), Timeout: a.duration(a.next("a duration"))}
	},
	"publish": func(a *arguments, v string) Command {
		return &Publish{
			Name: a.next("a message name"), Key: a.must("key"), TTL: a.duration(a.option("ttl", "0s")),
			ID: a.option("id", ""), Variables: v,
		}
	},
	"set": func(a *arguments, v string) Command {
		return &SetVariables{Instance: a.next("an instance"), Local: a.flag("local"), Variables: v}
	},
	"resolve": func(a *arguments, _ string) Command { return &Resolve{Instance: a.next("an instance")} },
	"advance": func(a *arguments, _ string) Command { return &Advance{By: a.duration(a.next("a duration"))} },
	"expect": func(a *arguments, _ string) Command {
		e := &Expect{Section: a.next("a section")}
		for _, s := range Sections {
			if s == e.Section {
				return e
			}
		}
		a.fail("unknown section %q: it is one of %s", e.Section, strings.Join(Sections, ", "))
		return e
	},
}
