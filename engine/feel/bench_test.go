package feel

import "testing"

// pair is a scope of two values, found without allocation.
type pair struct{ amount, status Value }

func (p *pair) Lookup(name string) (Value, bool) {
	switch name {
	case "amount":
		return p.amount, true
	case "status":
		return p.status, true
	}
	return Null, false
}

const condition100 = `=amount > 100 and status = "OK"`

func BenchmarkCondition(b *testing.B) {
	e, err := Compile(condition100)
	if err != nil {
		b.Fatal(err)
	}
	var scope Scope = &pair{Int(150), String("OK")}
	env := &Env{}
	b.ReportAllocs()
	for b.Loop() {
		if v, _ := e.Eval(env, scope); v.n != 1 {
			b.Fatal(v)
		}
	}
}

func BenchmarkConditionOnJSON(b *testing.B) {
	e, _ := Compile(condition100)
	var scope Scope = jsonScope(`{"amount":150,"currency":"USD","payee":{"id":"27713803912"},"status":"OK"}`)
	env := &Env{}
	b.ReportAllocs()
	for b.Loop() {
		if v, _ := e.Eval(env, scope); v.n != 1 {
			b.Fatal(v)
		}
	}
}

func BenchmarkConditionOnDecimals(b *testing.B) {
	e, _ := Compile(`=amount > 100.05 and status = "OK"`)
	amount, _ := parseNumber("150.25")
	var scope Scope = &pair{amount, String("OK")}
	env := &Env{}
	b.ReportAllocs()
	for b.Loop() {
		if v, _ := e.Eval(env, scope); v.n != 1 {
			b.Fatal(v)
		}
	}
}

func BenchmarkMissingVariable(b *testing.B) {
	e, _ := Compile(`=approved = true`)
	var scope Scope = &pair{}
	env := &Env{}
	b.ReportAllocs()
	for b.Loop() {
		if v, err := e.Eval(env, scope); v.n != 0 || err != nil {
			b.Fatal(v)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(condition100); err != nil {
			b.Fatal(err)
		}
	}
}
