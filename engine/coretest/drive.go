package coretest

import "fmt"

// Drive starts instances of the process "random" of a generated model and sends random commands that fit what is open,
// and a few that do not, until nothing is open or the number of steps is used up. The steps taken are returned, so that
// another engine can take the same ones. The model must be deployed.
func Drive(r *Runner, pick Choice, steps int) ([]*Step, error) {
	d := &driver{runner: r, pick: pick}
	if err := d.do(&Create{Process: "random", Variables: d.variables(true)}); err != nil {
		return d.steps, err
	}
	for len(d.steps) < steps {
		options := d.options()
		if len(options) == 0 {
			break
		}
		if err := options[d.pick(len(options))](); err != nil {
			return d.steps, err
		}
	}
	return d.steps, nil
}

type driver struct {
	runner *Runner
	pick   Choice
	steps  []*Step
}

func (d *driver) do(c Command) error {
	d.steps = append(d.steps, &Step{Command: c})
	if err := d.runner.Step(c); err != nil {
		return fmt.Errorf("%s: %w", FormatCommand(c), err)
	}
	return nil
}

// all are values of the variables with which every expression of a generated model works.
const all = `{"a":2,"b":true,"c":"x","key":"k","wait":"PT1H","again":false}`

// variables are some variables, or rarely none, of the process.
func (d *driver) variables(root bool) string {
	if root && d.pick(5) > 0 {
		return all
	}
	return []string{
		"", `{"a":1}`, `{"a":2,"b":false}`, `{"b":true,"c":"y"}`, `{"again":true}`, `{"again":false,"a":3}`, `{"own":{"x":[1,null]}}`,
	}[d.pick(7)]
}

// options are the commands that make sense now.
func (d *driver) options() []func() error {
	m := d.runner.Model
	var out []func() error
	for _, j := range m.OpenJobs() {
		out = append(out, func() error { return d.job(j) })
		if d.pick(2) == 0 {
			out = append(out, func() error { return d.do(&Complete{Job: j.Instance.Name, Variables: d.variables(false)}) })
		}
	}
	for _, w := range m.OpenWaits() {
		out = append(out, func() error { return d.wait(w) })
	}
	for _, i := range m.OpenIncidents() {
		out = append(out, func() error { return d.incident(i) })
	}
	if len(out) > 0 && d.pick(4) == 0 {
		out = append(out, d.anything)
	}
	return out
}

func (d *driver) job(j *Job) error {
	name := j.Instance.Name
	switch d.pick(8) {
	case 0:
		return d.do(&Fail{Job: name, Retries: int32(d.pick(3)), Message: "failed"})
	case 1:
		return d.do(&Fail{Job: name, Retries: 1, Backoff: 3600e9})
	case 2:
		return d.do(&Throw{Job: name, Code: append(errorCodes, "UNKNOWN")[d.pick(3)], Message: "thrown", Variables: d.variables(false)})
	case 3:
		return d.do(&UpdateRetries{Job: name, Retries: int32(1 + d.pick(3))})
	}
	return d.do(&Complete{Job: name, Variables: d.variables(false)})
}

func (d *driver) wait(w *Wait) error {
	if w.Message == "" {
		return d.do(&Advance{By: w.After.Round(3600e9) + 60e9})
	}
	p := &Publish{Name: w.Message, Key: w.Value, Variables: d.variables(false)}
	if d.pick(3) == 0 {
		p.TTL = 10 * 3600e9
	}
	return d.do(p)
}

func (d *driver) incident(i *Incident) error {
	if d.pick(8) == 0 {
		return d.do(&Resolve{Instance: i.Instance.Name}) // without repair
	}
	if i.Job > 0 {
		if err := d.do(&UpdateRetries{Job: i.Instance.Name, Retries: 2}); err != nil {
			return err
		}
	}
	if err := d.do(&SetVariables{Instance: i.Instance.Name, Variables: all}); err != nil {
		return err
	}
	return d.do(&Resolve{Instance: i.Instance.Name})
}

// anything is a command that need not fit.
func (d *driver) anything() error {
	instances := d.runner.Model.Instances()
	some := instances[d.pick(len(instances))].Name
	switch d.pick(6) {
	case 0:
		return d.do(&Cancel{Instance: some})
	case 1:
		return d.do(&Create{Process: "random", Variables: d.variables(true)})
	case 2:
		return d.do(&Publish{Name: messageNames[d.pick(len(messageNames))], Key: "k", TTL: 10 * 3600e9, Variables: d.variables(false)})
	case 3:
		return d.do(&SetVariables{Instance: some, Local: d.pick(2) == 0, Variables: `{"a":2,"local":1}`})
	case 4:
		return d.do(&Advance{By: 3660e9})
	}
	return d.do(&Activate{Type: "work", Max: 2, Timeout: 2 * 3600e9, Worker: "other"})
}
