package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/payhub/payhub/engine/feel"
	"github.com/spf13/cobra"
)

// variables is a FEEL scope over one JSON object.
type variables map[string]feel.Value

// Lookup finds a variable.
func (v variables) Lookup(name string) (feel.Value, bool) {
	value, ok := v[name]
	return value, ok
}

func (a *app) feelCommand() *cobra.Command {
	var vars, profile string
	var unary bool
	c := &cobra.Command{
		Use: "feel EXPR", Short: "evaluate a FEEL expression and print its value as JSON", Args: arguments(1, 1, "one expression"),
		Example: `  payhub feel 'amount > 100 and status = "OK"' --vars '{"amount": 120, "status": "OK"}'
  payhub feel --unary '> 5, [1..3]' --vars '{"cellInput": 2}' --profile dmn`,
		RunE: func(_ *cobra.Command, args []string) error {
			scope, err := readVariables(vars)
			if err != nil {
				return err
			}
			dialect, err := profileNamed(profile)
			if err != nil {
				return err
			}
			parse := feel.Parse
			if unary {
				parse = feel.ParseUnaryTests
			}
			program, err := parse(args[0], dialect)
			if err != nil {
				return usage("feel", err.Error(), "")
			}
			var seed [8]byte
			if _, err := rand.Read(seed[:]); err != nil {
				return failed("feel", err.Error(), "")
			}
			env := feel.Env{Now: time.Now().UnixMilli(), Zone: time.Local, Seed: binary.LittleEndian.Uint64(seed[:])}
			value, err := program.Eval(&env, scope)
			if err != nil {
				return failed("feel", err.Error(), "")
			}
			for _, w := range env.Warnings() {
				fmt.Fprintln(a.Err, "payhub: warning: "+w.String())
			}
			answer := json.RawMessage(value.AppendJSON(nil))
			return a.print(answer, func(w io.Writer) { fmt.Fprintln(w, string(answer)) })
		},
	}
	c.Flags().StringVar(&vars, "vars", "", "variables, a JSON object")
	c.Flags().StringVar(&profile, "profile", "camunda", "dialect: camunda or dmn")
	c.Flags().BoolVar(&unary, "unary", false, "read the text as unary tests of a decision table's cell")
	return c
}

func profileNamed(name string) (feel.Profile, error) {
	switch name {
	case "camunda":
		return feel.Camunda, nil
	case "dmn":
		return feel.DMN, nil
	}
	return 0, usage("feel", fmt.Sprintf("%q is no profile", name), "use camunda or dmn")
}

// readVariables reads a JSON object as a scope.
func readVariables(text string) (variables, error) {
	scope := variables{}
	if err := checkVariables("feel", text); err != nil || text == "" {
		return scope, err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return nil, usage("feel", err.Error(), "")
	}
	for name, raw := range object {
		value, err := feel.FromJSON(raw)
		if err != nil {
			return nil, usage("feel", name+": "+err.Error(), "")
		}
		scope[name] = value
	}
	return scope, nil
}
