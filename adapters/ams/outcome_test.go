package ams_test

import (
	"errors"
	"testing"

	"github.com/payhub/payhub/adapters/ams"
)

func TestAnOutcomeIsExactlyOneOfFour(t *testing.T) {
	cause := errors.New("connection reset")
	var forgotten ams.Outcome[int]
	for _, test := range []struct {
		outcome ams.Outcome[int]
		kind    ams.Kind
		matched string
		is      error
		text    string
	}{
		{ams.Done(7), ams.KindDone, "done", nil, "Done(7)"},
		{
			ams.Rejected[int](ams.CodeInsufficientFunds, "%d is too little", 5), ams.KindRejected, "rejected",
			ams.Rejection{Code: ams.CodeInsufficientFunds, Reason: "5 is too little"},
			"Rejected(INSUFFICIENT_FUNDS: 5 is too little)",
		},
		{ams.Unknown[int](cause), ams.KindUnknown, "unknown", ams.ErrUnknown, "Unknown(" + ams.ErrUnknown.Error() + ": connection reset)"},
		{ams.NotSent[int](cause), ams.KindNotSent, "not sent", ams.ErrNotSent, "NotSent(" + ams.ErrNotSent.Error() + ": connection reset)"},
		{
			forgotten, ams.KindUnknown, "unknown", ams.ErrUnknown,
			"Unknown(" + ams.ErrUnknown.Error() + ": the account system's adapter gave no cause)",
		},
	} {
		t.Run(test.text, func(t *testing.T) {
			if test.outcome.Kind() != test.kind || test.outcome.String() != test.text {
				t.Errorf("kind %s, text %q", test.outcome.Kind(), test.outcome)
			}
			matched := ams.Match(test.outcome,
				func(int) string { return "done" }, func(ams.Rejection) string { return "rejected" },
				func(error) string { return "unknown" }, func(error) string { return "not sent" })
			if matched != test.matched {
				t.Errorf("matched as %s", matched)
			}
			if err := test.outcome.Err(); !errors.Is(err, test.is) {
				t.Errorf("error %v", err)
			}
			if _, done := test.outcome.Value(); done != (test.kind == ams.KindDone) {
				t.Errorf("has a value: %t", done)
			}
			if _, no := test.outcome.Rejection(); no != (test.kind == ams.KindRejected) {
				t.Errorf("has a rejection: %t", no)
			}
		})
	}
}

func TestAReferenceDerivesFromTransferAndOperation(t *testing.T) {
	if got := ams.ReferenceOf("t-1", ams.OperationHold); got != "t-1:hold" || got.Check() != nil {
		t.Errorf("got %s, %v", got, got.Check())
	}
	if ams.Reference("").Check() == nil || ams.Reference(make([]byte, ams.MaxReference+1)).Check() == nil {
		t.Error("an empty or too long reference was taken")
	}
}
