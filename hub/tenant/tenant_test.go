package tenant_test

import (
	"strings"
	"testing"

	"github.com/payhub/payhub/hub/tenant"
)

func TestTwoLocalTenantsPayEachOther(t *testing.T) {
	d, err := tenant.Local("local-transfer", "ledger", "greenbank", "bluebank")
	if err != nil {
		t.Fatal(err)
	}
	green, ok := d.Get("greenbank")
	if !ok || green.Flow != "local-transfer" || green.ConflictStatus != 409 {
		t.Fatalf("%+v", green)
	}
	for fsp, want := range map[string]string{"": "bluebank", "bluebank": "bluebank", "greenbank": "greenbank"} {
		if payee, err := d.Payee(green, fsp); err != nil || payee.ID != want {
			t.Errorf("payee institution %q: %v %v, want %s", fsp, payee.ID, err, want)
		}
	}
	if _, err := d.Payee(green, "redbank"); err == nil {
		t.Error("an unknown institution is accepted")
	}
	if all := d.All(); len(all) != 2 || all[1].ID != "bluebank" {
		t.Errorf("%v", all)
	}
	if _, ok := d.Get("redbank"); ok {
		t.Error("Get makes tenants up")
	}
}

func TestOneOfManyHasToNameThePayeesInstitution(t *testing.T) {
	d, err := tenant.Local("f", "ledger", "a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
	a, _ := d.Get("a")
	if _, err := d.Payee(a, ""); err == nil || !strings.Contains(err.Error(), "payee.fspId") {
		t.Error(err)
	}
}

func TestMistakesAreRefused(t *testing.T) {
	good := tenant.Tenant{ID: "a", Flow: "f", Scheme: tenant.SchemeLocal, AccountSystem: "ledger"}
	for want, change := range map[string]func(*tenant.Tenant){
		"an id has":        func(t *tenant.Tenant) { t.ID = "a b" },
		"no flow":          func(t *tenant.Tenant) { t.Flow = "" },
		"not available":    func(t *tenant.Tenant) { t.Scheme = "mojaloop" },
		"account system":   func(t *tenant.Tenant) { t.AccountSystem = "" },
		"is no tenant":     func(t *tenant.Tenant) { t.DefaultPayee = "x" },
		"neither 409 nor ": func(t *tenant.Tenant) { t.ConflictStatus = 500 },
	} {
		bad := good
		change(&bad)
		if _, err := tenant.New(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want ...%s...", bad, err, want)
		}
	}
	if _, err := tenant.New(good, good); err == nil {
		t.Error("the same tenant twice is accepted")
	}
}
