package coretest

import "time"

// Script is one parsed scenario file.
type Script struct {
	Path      string      // as given to ParseScript, for messages
	Head      []string    // comment lines before the first scenario
	Scenarios []*Scenario // in the file's order
}

// Scenario is one independent run that starts from an empty engine.
type Scenario struct {
	Name  string // unique in its file; letters, digits, '-', '_' and '.'
	Line  int    // where it starts, from 1
	Steps []*Step
}

// Step is one line of a scenario.
type Step struct {
	Line     int      // from 1
	Comments []string // comment lines above the step, kept on rewriting
	Command  Command
}

// Command is what one step does: one of the types of this file.
type Command interface{ verb() string }

// Deploy deploys files in one deployment. Paths are relative to the script.
type Deploy struct{ Files []string }

// Create starts an instance of the process with that id.
type Create struct {
	Process   string
	Version   int32  // 0: the latest
	Result    bool   // wait for the end and show the variables
	Fetch     string // names of the result's variables, separated by commas; empty: all
	Variables string // a JSON object or ""
}

// Cancel cancels a process instance.
type Cancel struct{ Instance string }

// Activate activates jobs of a type.
type Activate struct {
	Type    string
	Max     int32
	Timeout time.Duration
	Worker  string
	Fetch   string // names separated by commas; empty: all
}

// Complete completes a job.
type Complete struct{ Job, Variables string }

// Fail fails a job.
type Fail struct {
	Job       string
	Retries   int32
	Backoff   time.Duration
	Message   string
	Variables string
}

// Throw throws a BPMN error from a job.
type Throw struct{ Job, Code, Message, Variables string }

// UpdateRetries sets a job's retries.
type UpdateRetries struct {
	Job     string
	Retries int32
}

// UpdateTimeout sets an activated job's time-out, from now on.
type UpdateTimeout struct {
	Job     string
	Timeout time.Duration
}

// Publish publishes a message.
type Publish struct {
	Name, Key string
	TTL       time.Duration
	ID        string
	Variables string
}

// SetVariables writes variables at an element instance's scope, or lets them propagate upwards from it.
type SetVariables struct {
	Instance  string
	Local     bool
	Variables string
}

// Resolve resolves the open incident of an element instance.
type Resolve struct{ Instance string }

// Advance moves the clock forward.
type Advance struct{ By time.Duration }

// Expect compares what a section of the trace says at this point with the lines under it.
type Expect struct {
	Section string
	Lines   []string
}

func (*Deploy) verb() string        { return "deploy" }
func (*Create) verb() string        { return "create" }
func (*Cancel) verb() string        { return "cancel" }
func (*Activate) verb() string      { return "activate" }
func (*Complete) verb() string      { return "complete" }
func (*Fail) verb() string          { return "fail" }
func (*Throw) verb() string         { return "throw" }
func (*UpdateRetries) verb() string { return "retries" }
func (*UpdateTimeout) verb() string { return "timeout" }
func (*Publish) verb() string       { return "publish" }
func (*SetVariables) verb() string  { return "set" }
func (*Resolve) verb() string       { return "resolve" }
func (*Advance) verb() string       { return "advance" }
func (*Expect) verb() string        { return "expect" }
