package money_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/payhub/payhub/flows/contract/money"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		decimal, currency string
		minor             int64
		kind              money.Kind // 0: taken
	}{
		{"10.50", "USD", 1050, 0},
		{"10.5", "USD", 1050, 0},
		{"10", "USD", 1000, 0},
		{"0.01", "USD", 1, 0},
		{"7", "JPY", 7, 0},
		{"1.234", "KWD", 1234, 0},
		{"92233720368547758.07", "USD", math.MaxInt64, 0},

		{"92233720368547758.08", "USD", 0, money.TooLarge},
		{"99999999999999999999999999", "USD", 0, money.TooLarge},
		{"10.505", "USD", 0, money.TooPrecise},
		{"10.500", "USD", 0, money.TooPrecise},
		{"7.0", "JPY", 0, money.TooPrecise},
		{"0", "USD", 0, money.NotPositive},
		{"0.00", "USD", 0, money.NotPositive},
		{"-1", "USD", 0, money.NotPositive},
		{"", "USD", 0, money.NotANumber},
		{"-", "USD", 0, money.NotANumber},
		{"+1", "USD", 0, money.NotANumber},
		{"--1", "USD", 0, money.NotANumber},
		{"1e3", "USD", 0, money.NotANumber},
		{"1E3", "USD", 0, money.NotANumber},
		{"0x10", "USD", 0, money.NotANumber},
		{"1_000", "USD", 0, money.NotANumber},
		{"1,000", "USD", 0, money.NotANumber},
		{"1.2.3", "USD", 0, money.NotANumber},
		{" 1", "USD", 0, money.NotANumber},
		{"1 ", "USD", 0, money.NotANumber},
		{"01", "USD", 0, money.NotANumber},
		{"00.10", "USD", 0, money.NotANumber},
		{".5", "USD", 0, money.NotANumber},
		{"5.", "USD", 0, money.NotANumber},
		{"NaN", "USD", 0, money.NotANumber},
		{"Infinity", "USD", 0, money.NotANumber},
		{"١٠", "USD", 0, money.NotANumber},
		{"10", "usd", 0, money.UnknownCurrency},
		{"10", "XYZ", 0, money.UnknownCurrency},
		{"10", "XXX", 0, money.UnknownCurrency},
		{"10", "", 0, money.UnknownCurrency},
	} {
		t.Run(test.decimal+" "+test.currency, func(t *testing.T) {
			got, err := money.Parse(test.decimal, test.currency)
			expectKind(t, err, test.kind)
			if err == nil && got != (money.Amount{Minor: test.minor, Currency: money.Currency(test.currency)}) {
				t.Errorf("got %d %s, expected %d minor units", got.Minor, got.Currency, test.minor)
			}
		})
	}
}

func TestDecimalOfBalances(t *testing.T) {
	for _, test := range []struct {
		amount  money.Amount
		decimal string
	}{
		{money.Amount{Minor: 1050, Currency: "USD"}, "10.50"},
		{money.Amount{Minor: 5, Currency: "USD"}, "0.05"},
		{money.Amount{Minor: -5, Currency: "USD"}, "-0.05"},
		{money.Amount{Minor: 0, Currency: "USD"}, "0.00"},
		{money.Amount{Minor: -12345, Currency: "KWD"}, "-12.345"},
		{money.Amount{Minor: 7, Currency: "JPY"}, "7"},
		{money.Amount{Minor: math.MaxInt64, Currency: "USD"}, "92233720368547758.07"},
		{money.Amount{}, "0"},
	} {
		if got := test.amount.Decimal(); got != test.decimal {
			t.Errorf("%d %s is %q, expected %q", test.amount.Minor, test.amount.Currency, got, test.decimal)
		}
	}
}

func TestJSON(t *testing.T) {
	amount := money.Amount{Minor: -1050, Currency: "USD"}
	text, err := json.Marshal(amount)
	if err != nil || string(text) != `{"amount":"-10.50","currency":"USD"}` {
		t.Fatalf("got %s, %v", text, err)
	}
	var back money.Amount
	if err := json.Unmarshal(text, &back); err != nil || back != amount {
		t.Fatalf("got %v, %v", back, err)
	}
	for _, bad := range []string{`{"amount":10.5,"currency":"USD"}`, `{"amount":"10.505","currency":"USD"}`, `{"amount":"1"}`, `"1 USD"`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was taken as %s", bad, back)
		}
	}
}

// Sums are those of integers without bounds, or refused when they do not fit.
func TestSumsAreExactOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := money.Amount{Minor: rapid.Int64().Draw(t, "a"), Currency: "USD"}
		b := money.Amount{Minor: rapid.Int64().Draw(t, "b"), Currency: "USD"}
		for _, op := range []struct {
			got  func(money.Amount) (money.Amount, error)
			want func(z, x, y *big.Int) *big.Int
		}{{a.Add, (*big.Int).Add}, {a.Sub, (*big.Int).Sub}} {
			want := op.want(new(big.Int), big.NewInt(a.Minor), big.NewInt(b.Minor))
			got, err := op.got(b)
			if want.IsInt64() != (err == nil) || err == nil && got.Minor != want.Int64() {
				t.Fatalf("got %v, %v, expected %v", got, err, want)
			}
		}
		if _, err := a.Add(money.Amount{Minor: 1, Currency: "EUR"}); err == nil {
			t.Fatal("dollars and euros were added")
		}
	})
}

// What is written is read back, and a number that big.Rat reads means the same to both.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"10.50", "0.01", "-1", "1e3", "01", "92233720368547758.08", "", ".", "-.1"} {
		f.Add(seed, "USD")
		f.Add(seed, "JPY")
	}
	f.Fuzz(func(t *testing.T, decimal, currency string) {
		amount, err := money.ParseSigned(decimal, currency)
		if err != nil {
			var known *money.Error
			if !errors.As(err, &known) {
				t.Fatalf("%q: %T is no *money.Error", decimal, err)
			}
			return
		}
		exact, ok := new(big.Rat).SetString(decimal)
		if written, _ := new(big.Rat).SetString(amount.Decimal()); !ok || exact.Cmp(written) != 0 {
			t.Fatalf("%q was read as %s", decimal, amount.Decimal())
		}
		if back, err := money.ParseSigned(amount.Decimal(), currency); err != nil || back != amount {
			t.Fatalf("%s was read back as %v, %v", amount, back, err)
		}
	})
}

func expectKind(t *testing.T, err error, kind money.Kind) {
	t.Helper()
	if kind == 0 {
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		return
	}
	var got *money.Error
	if !errors.As(err, &got) || got.Kind != kind {
		t.Fatalf("got %v, expected an error of kind %d", err, kind)
	}
}
