package element

import (
	"fmt"
	"strconv"

	"github.com/payhub/payhub/engine/feel"
	"github.com/payhub/payhub/engine/record"
	"github.com/payhub/payhub/engine/state"
	"github.com/payhub/payhub/engine/step"
)

// variableScope lets an expression read the variables that an element instance sees.
type variableScope struct {
	view  *state.View
	scope int64
	// over, if set, hides variables: the results of earlier mappings.
	over *mappingResult
}

// Lookup implements feel.Scope.
func (v variableScope) Lookup(name string) (feel.Value, bool) {
	if v.over != nil {
		if value, ok := v.over.get(name); ok {
			return value, true
		}
	}
	raw, ok := v.view.Variable(v.scope, name)
	if !ok {
		return feel.Value{}, false
	}
	return feel.FromValidJSON(raw), true
}

// eval evaluates an expression with the variables of a scope.
func eval(s *step.Step, e *feel.Expression, scope feel.Scope) (feel.Value, *Failure) {
	value, err := e.Eval(&s.Env, scope)
	if err != nil {
		return value, &Failure{Type: record.ErrorTypeExtractValue, Message: s.Env.AppendWarnings(err.Error())}
	}
	return value, nil
}

// wrongType is the failure of an expression whose result is of another type than wanted.
func wrongType(s *step.Step, e *feel.Expression, want string, got feel.Value) *Failure {
	return &Failure{Type: record.ErrorTypeExtractValue, Message: s.Env.AppendWarnings(
		fmt.Sprintf("Expected result of the expression '%s' to be %s, but was '%s'.", e.Source(), want, got.TypeName()))}
}

// evalString evaluates an expression that must give a string.
func (x *Execution) evalString(e *feel.Expression, scope int64) (string, *Failure) {
	value, failure := eval(x.Step, e, variableScope{view: x.View, scope: scope})
	if failure != nil {
		return "", failure
	}
	if text, ok := value.AsString(); ok {
		return text, nil
	}
	return "", wrongType(x.Step, e, "'STRING'", value)
}

// evalCorrelationKey evaluates an expression that must give a string or a number, which counts
// without its fraction.
func (x *Execution) evalCorrelationKey(e *feel.Expression, scope int64) (string, *Failure) {
	value, failure := eval(x.Step, e, variableScope{view: x.View, scope: scope})
	if failure != nil {
		return "", failure
	}
	if text, ok := value.AsString(); ok {
		return text, nil
	}
	if number, ok := value.AsInt64(); ok {
		return strconv.FormatInt(number, 10), nil
	}
	return "", &Failure{Type: record.ErrorTypeExtractValue, Message: x.Env.AppendWarnings(fmt.Sprintf(
		"Failed to extract the correlation key for '%s': The value must be either a string or a number, but was '%s'.", e.Source(), value.TypeName()))}
}

// evalInt evaluates an expression that must give a number.
func (x *Execution) evalInt(e *feel.Expression, scope int64) (int64, *Failure) {
	value, failure := eval(x.Step, e, variableScope{view: x.View, scope: scope})
	if failure != nil {
		return 0, failure
	}
	if number, ok := value.AsInt64(); ok {
		return number, nil
	}
	if text, ok := value.AsString(); ok && e.IsStatic() {
		if number, err := strconv.ParseInt(text, 10, 64); err == nil {
			return number, nil
		}
	}
	return 0, wrongType(x.Step, e, "'NUMBER'", value)
}

// evalBool evaluates a condition.
func (x *Execution) evalBool(e *feel.Expression, scope int64) (bool, *Failure) {
	value, failure := eval(x.Step, e, variableScope{view: x.View, scope: scope})
	if failure != nil {
		return false, failure
	}
	if truth, ok := value.AsBool(); ok {
		return truth, nil
	}
	return false, wrongType(x.Step, e, "'BOOLEAN'", value)
}
