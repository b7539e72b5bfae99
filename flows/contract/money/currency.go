package money

import "fmt"

// Currency is an ISO 4217 alphabetic code, such as "USD". Only codes of the table below are currencies; the zero value is none.
type Currency string

// scales holds the number of decimal places (the "minor unit" column of ISO 4217 list one) of every active currency. Funds,
// metals, bond-market units, XXX and XTS are left out: nobody is paid in them.
var scales = buildScales()

func buildScales() map[Currency]int {
	byScale := []struct {
		scale int
		codes []Currency
	}{
		{0, []Currency{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}},
		{3, []Currency{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}},
		{2, []Currency{
			"AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD", "BND", "BOB", "BRL",
			"BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD",
			"EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF",
			"IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD", "LSL", "MAD",
			"MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK",
			"NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK",
			"SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD",
			"TZS", "UAH", "USD", "UYU", "UZS", "VED", "VES", "WST", "XCD", "XCG", "YER", "ZAR", "ZMW", "ZWG",
		}},
	}
	table := make(map[Currency]int)
	for _, group := range byScale {
		for _, code := range group.codes {
			table[code] = group.scale
		}
	}
	return table
}

// ParseCurrency checks code against ISO 4217. Codes are upper case; "usd" is refused, not repaired, because two spellings of one
// payment would count as two payments. The error is an *Error of kind UnknownCurrency.
func ParseCurrency(code string) (Currency, error) {
	if _, known := scales[Currency(code)]; !known {
		return "", &Error{Kind: UnknownCurrency, Text: fmt.Sprintf("currency %s is not an active ISO 4217 code (use three capitals, such as USD)", quoted(code))}
	}
	return Currency(code), nil
}

// Scale is the number of decimal places of the currency: 2 for USD, 0 for JPY, 3 for KWD. Of anything that is not a currency it
// is 0 and false.
func (c Currency) Scale() (places int, known bool) {
	places, known = scales[c]
	return places, known
}
