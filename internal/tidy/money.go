package tidy

import (
	"fmt"
	"go/types"
	"regexp"
	"slices"
)

// moneyPackages are where money is handled.
var moneyPackages = []string{"hub", "adapters", "flows", "connectors"}

// moneyName matches names that hold money.
var moneyName = regexp.MustCompile(`(?i)(amount|balance|money|fee|price|credit|debit|hold|limit|total|fund|cents?|charge|commission|rate)`)

// checkMoney refuses fields, parameters and variables of a float type that hold money: binary
// fractions cannot say 0.10.
func checkMoney(h *House) (found []Offence) {
	for _, p := range h.Packages {
		if !slices.ContainsFunc(moneyPackages, func(parent string) bool { return within(p.Path, parent) }) {
			continue
		}
		for id, object := range p.TypesInfo.Defs {
			v, ok := object.(*types.Var)
			if !ok || !moneyName.MatchString(v.Name()) || !isFloat(v.Type()) || !h.written(p, v) {
				continue
			}
			found = append(found, Offence{
				Where: h.at(id.Pos()), Name: p.Path + "." + v.Name(),
				What: fmt.Sprintf("%s is a %s: money is never a float; use flows/contract/money", v.Name(), v.Type()),
			})
		}
	}
	return found
}

// isFloat tells whether the type is a float or a pointer to, slice or array of, or map to floats.
func isFloat(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Info()&types.IsFloat != 0
	case *types.Pointer:
		return isFloat(t.Elem())
	case *types.Slice:
		return isFloat(t.Elem())
	case *types.Array:
		return isFloat(t.Elem())
	case *types.Map:
		return isFloat(t.Elem())
	}
	return false
}
