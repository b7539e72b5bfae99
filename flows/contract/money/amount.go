// Package money holds amounts: whole minor units of an ISO 4217 currency, never a float.
//
// An amount travels as a decimal string beside its currency code ("10.50", "USD") and is parsed once, where it enters. Parsing is
// exact: what cannot be said in the currency's minor units is refused, nothing is ever rounded.
package money

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Amount is a number of minor units (cents of USD, whole yen of JPY) of a currency. The zero value is no money of no currency.
// Amounts are comparable with ==. An amount that is asked to move is always positive (see Parse); a balance may be of any sign.
type Amount struct {
	// Minor counts minor units: 1050 is 10.50 USD.
	Minor int64
	// Currency says what they are units of.
	Currency Currency
}

// Kind says what is wrong with a text that should be an amount. Callers map kinds to the error codes of their protocol.
type Kind int

// The kinds of an Error.
const (
	// NotANumber: not of the form 0.00: a sign other than a minus, an exponent, blanks, a leading zero, other digits.
	NotANumber Kind = iota + 1
	// NotPositive: zero or below where money must move.
	NotPositive
	// TooPrecise: more decimal places than the currency has.
	TooPrecise
	// TooLarge: beyond 9,223,372,036,854,775,807 minor units.
	TooLarge
	// UnknownCurrency: not an active ISO 4217 code.
	UnknownCurrency
	// CurrencyMismatch: arithmetic over two currencies.
	CurrencyMismatch
)

// Error is every error of this package: what kind it is, and a text that says what is wrong and what to do.
type Error struct {
	Kind Kind
	Text string
}

// Error gives the text.
func (e *Error) Error() string { return e.Text }

// Parse reads an amount that is to be moved: positive, at most as precise as its currency. "10", "10.5" and "10.50" are the same
// USD amount; "10.500", "0", "-1", "1e3", "+1", "01", ".5", "5." and " 1" are refused. The error is an *Error.
func Parse(decimal, currency string) (Amount, error) {
	amount, err := ParseSigned(decimal, currency)
	if err != nil {
		return Amount{}, err
	}
	if amount.Minor <= 0 {
		return Amount{}, &Error{Kind: NotPositive, Text: fmt.Sprintf("amount %s is not above zero (only a positive amount can be moved)", quoted(decimal))}
	}
	return amount, nil
}

// ParseSigned reads a balance or a difference: as Parse, but zero and a leading minus are allowed.
func ParseSigned(decimal, currency string) (Amount, error) {
	code, err := ParseCurrency(currency)
	if err != nil {
		return Amount{}, err
	}
	whole, fraction, hasPoint := strings.Cut(strings.TrimPrefix(decimal, "-"), ".")
	wellFormed := digits(whole) && (whole == "0" || whole[0] != '0') && (!hasPoint || digits(fraction))
	if !wellFormed {
		return Amount{}, &Error{Kind: NotANumber, Text: fmt.Sprintf("amount %s is not a decimal number (write it plainly, such as 10.50)", quoted(decimal))}
	}
	scale, _ := code.Scale()
	if len(fraction) > scale {
		return Amount{}, &Error{Kind: TooPrecise, Text: fmt.Sprintf("amount %s has %d decimal places, %s has %d (nothing is rounded: send at most %d)", quoted(decimal), len(fraction), code, scale, scale)}
	}
	minor, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", scale-len(fraction)), 10, 64)
	if err != nil {
		return Amount{}, &Error{Kind: TooLarge, Text: fmt.Sprintf("amount %s is larger than payhub can hold (at most %s %s)", quoted(decimal), Amount{math.MaxInt64, code}.Decimal(), code)}
	}
	if decimal[0] == '-' {
		minor = -minor
	}
	return Amount{Minor: minor, Currency: code}, nil
}

// Decimal is the amount as it travels: all decimal places of the currency, no grouping, as in "10.50" or "-0.05".
func (a Amount) Decimal() string {
	scale, _ := a.Currency.Scale()
	text := strconv.FormatInt(a.Minor, 10)
	if scale == 0 {
		return text
	}
	sign := ""
	if text[0] == '-' {
		sign, text = "-", text[1:]
	}
	if missing := scale + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	point := len(text) - scale
	return sign + text[:point] + "." + text[point:]
}

// String is for people and logs: "10.50 USD".
func (a Amount) String() string { return strings.TrimSuffix(a.Decimal()+" "+string(a.Currency), " ") }

// IsPositive says whether the amount can be moved: above zero, of a known currency.
func (a Amount) IsPositive() bool {
	_, known := a.Currency.Scale()
	return known && a.Minor > 0
}

// Add is a + b. The error is an *Error: other currency, or a sum that does not fit.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, &Error{Kind: CurrencyMismatch, Text: fmt.Sprintf("cannot add %s and %s: two currencies", a, b)}
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) {
		return Amount{}, &Error{Kind: TooLarge, Text: fmt.Sprintf("%s and %s add up to more than payhub can hold", a, b)}
	}
	return Amount{Minor: sum, Currency: a.Currency}, nil
}

// Sub is a - b. The error is an *Error: other currency, or a difference that does not fit.
func (a Amount) Sub(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, &Error{Kind: CurrencyMismatch, Text: fmt.Sprintf("cannot take %s from %s: two currencies", b, a)}
	}
	difference := a.Minor - b.Minor
	if (difference < a.Minor) != (b.Minor > 0) {
		return Amount{}, &Error{Kind: TooLarge, Text: fmt.Sprintf("%s less %s is more than payhub can hold", a, b)}
	}
	return Amount{Minor: difference, Currency: a.Currency}, nil
}

// Neg is the amount with its sign turned. The smallest int64 has no opposite; no parsed or summed amount of a ledger gets there.
func (a Amount) Neg() Amount { return Amount{Minor: -a.Minor, Currency: a.Currency} }

// wire is the JSON form of an amount.
type wire struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON writes {"amount":"10.50","currency":"USD"}.
func (a Amount) MarshalJSON() ([]byte, error) {
	return json.Marshal(wire{Amount: a.Decimal(), Currency: string(a.Currency)})
}

// UnmarshalJSON reads what MarshalJSON writes; the amount must be a string, a JSON number is refused. Any sign is allowed: whoever
// moves money checks IsPositive.
func (a *Amount) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("an amount is {\"amount\":\"10.50\",\"currency\":\"USD\"}, both strings: %w", err)
	}
	parsed, err := ParseSigned(w.Amount, w.Currency)
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// quoted shows foreign text in an error, cut so that a huge value cannot flood a log.
func quoted(s string) string {
	const most = 40
	if len(s) > most {
		return strconv.Quote(s[:most]) + fmt.Sprintf("… (%d bytes)", len(s))
	}
	return strconv.Quote(s)
}
