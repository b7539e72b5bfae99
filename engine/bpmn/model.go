// Package bpmn reads BPMN XML and YAML workflows into an immutable graph that
// the engine executes. Everything that can be known before a process runs is
// settled here: references are pointers, expressions are compiled, elements
// have an index in document order, and a model that Zeebe would refuse is
// refused with the same words.
//
// The package is pure: no clock, no randomness, no goroutine. A graph is never
// changed after Read returned it, so it may be shared freely.
package bpmn

import "github.com/payhub/payhub/engine/feel"

// Resource is what one deployed file holds.
type Resource struct {
	// Name is the file name the client sent; its suffix chose the format.
	Name string
	// Processes are the executable processes, in document order.
	Processes []*Process
}

// Process is one executable process.
type Process struct {
	ID   string
	Name string
	// VersionTag is the label of zeebe:versionTag, empty if there is none.
	VersionTag string
	// Elements holds the process itself at [0], then every element in document
	// order. An element's Index is its place here.
	Elements []*Element
	// Flows holds every sequence flow in document order. A flow's Index is its
	// place here.
	Flows []*SequenceFlow

	byID     map[string]*Element
	flowByID map[string]*SequenceFlow
}

// Root is the element of the process itself.
func (p *Process) Root() *Element { return p.Elements[0] }

// Element finds an element by its id; nil if there is none.
func (p *Process) Element(id string) *Element { return p.byID[id] }

// ElementAt is the element with that index; nil if out of range.
func (p *Process) ElementAt(index int) *Element {
	if index < 0 || index >= len(p.Elements) {
		return nil
	}
	return p.Elements[index]
}

// Flow finds a sequence flow by its id; nil if there is none.
func (p *Process) Flow(id string) *SequenceFlow { return p.flowByID[id] }

// Element is one node of the graph: the process, an activity, an event or a
// gateway. Fields that do not belong to its type are zero.
type Element struct {
	// Index is the place in Process.Elements.
	Index int
	ID    string
	Name  string
	Type  ElementType
	// Event is EventUnspecified for what is no event, EventNone for an event
	// without a definition.
	Event EventType
	// Parent is the flow scope: the process or the sub-process it lies in; nil
	// for the process. A boundary event's parent is the scope of its activity.
	Parent *Element

	// Outgoing and Incoming stand in reverse document order of the flows: so
	// Zeebe asks the conditions of an exclusive gateway and takes the flows of a
	// fork (observed on 8.8.21; the gateway's own list of outgoing flows plays
	// no part).
	Outgoing []*SequenceFlow
	Incoming []*SequenceFlow
	// Default is the flow an exclusive gateway takes when no condition holds.
	Default *SequenceFlow

	// Boundary are the boundary events attached to this activity, in reverse
	// document order, as Zeebe opens their subscriptions.
	Boundary []*Element
	// AttachedTo is the activity a boundary event sits on.
	AttachedTo *Element
	// Interrupting says that a boundary event ends its activity, or that an
	// event sub-process ends its scope.
	Interrupting bool

	// Inputs and Outputs are the mappings of zeebe:ioMapping in their order.
	Inputs  []Mapping
	Outputs []Mapping

	Scope
	Work
	Catch
}

// Scope is what an element that contains others has (process, sub-process).
type Scope struct {
	// NoneStart is the start event without a definition; nil if there is none.
	NoneStart *Element
	// Starts are all start events in reverse document order, the none start
	// included: the order in which Zeebe opens their timers.
	Starts []*Element
	// EventSubProcesses are the event sub-processes that lie directly in it.
	EventSubProcesses []*Element
}

// Work is what an activity has others do.
type Work struct {
	// Task is the job of a service task.
	Task *TaskDefinition
	// Called is the process a call activity starts.
	Called *CalledElement
}

// Catch is what an event or a receive task waits for, or an end event throws.
type Catch struct {
	Message *Message
	Timer   *Timer
	Error   *ErrorRef
	// EventTargets are the catch events behind an event-based gateway, in the
	// order of its outgoing flows.
	EventTargets []*Element
}

// SequenceFlow leads from one element to another in the same scope.
type SequenceFlow struct {
	// Index is the place in Process.Flows.
	Index int
	ID    string
	Name  string
	// Source and Target are never nil.
	Source *Element
	Target *Element
	// Condition is nil when the flow has none.
	Condition *feel.Expression
}

// Mapping is one zeebe:input or zeebe:output.
type Mapping struct {
	// Source is nil when the mapping has none: the target is then null.
	Source *feel.Expression
	// Target is the dotted path, split: "a.b" is ["a" "b"]. Never empty.
	Target []string
}

// TaskDefinition is zeebe:taskDefinition with the task headers beside it.
type TaskDefinition struct {
	// Type gives the job type, a string.
	Type *feel.Expression
	// Retries gives the number of tries, an integer; "3" if not said.
	Retries *feel.Expression
	// Headers are the custom headers in document order.
	Headers []Header
}

// Header is one zeebe:header.
type Header struct {
	Key   string
	Value string
}

// Message is a bpmn:message as its user sees it.
type Message struct {
	ID string
	// Name gives the message name; constant for a start event.
	Name *feel.Expression
	// CorrelationKey is nil for a start event.
	CorrelationKey *feel.Expression
}

// ErrorRef is what an error event catches or throws.
type ErrorRef struct {
	ID string
	// Code is nil on a boundary event that catches every error. A caught code
	// is static.
	Code *feel.Expression
}

// Binding says which version of a called process is started.
type Binding uint8

// The bindings of zeebe:calledElement.
const (
	// BindingLatest takes the latest version at the time of the call.
	BindingLatest Binding = iota
	// BindingDeployment takes the version deployed together with the caller.
	BindingDeployment
	// BindingVersionTag takes the latest version that carries the tag.
	BindingVersionTag
)

// CalledElement is zeebe:calledElement.
type CalledElement struct {
	// ProcessID gives the id of the process to start, a string.
	ProcessID *feel.Expression
	// PropagateAllChildVariables (default true) merges the child's root
	// variables into the caller when there is no output mapping.
	PropagateAllChildVariables bool
	// PropagateAllParentVariables (default true) copies all variables the call
	// activity sees to the child; otherwise only its own local ones.
	PropagateAllParentVariables bool
	Binding                     Binding
	// VersionTag is set for BindingVersionTag.
	VersionTag string
}
