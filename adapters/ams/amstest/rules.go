package amstest

// Rules are all rows of the kit, in the order of a payment.
func Rules() []Rule {
	return []Rule{
		{"an alias leads to its account", ruleLookup},
		{"validate answers as hold and credit would", ruleValidate},
		{"a quote adds up and stays the same", ruleQuote},
		{"a request that says nothing is refused", ruleInvalid},
		{"a hold reserves and does not debit", ruleHold},
		{"more than is available is never held", ruleOverdraft},
		{"another currency is refused", ruleCurrency},
		{"an unknown account is refused", ruleUnknownAccount},
		{"a closed account is refused", ruleClosed},
		{"a frozen account is refused", ruleFrozen},
		{"a booking debits and ends its hold", ruleBook},
		{"a booking of less gives the rest back", rulePartialBook},
		{"a booking of more than is held is refused", ruleOverHold},
		{"there is one booking per hold", ruleSecondBooking},
		{"a release gives back and does not debit", ruleRelease},
		{"a booked hold cannot be released", ruleReleaseBooked},
		{"a released hold cannot be booked", ruleBookReleased},
		{"a hold is kept on a frozen account", ruleHoldIsAPromise},
		{"a hold past its expiry is visible and still there", ruleExpiry},
		{"a credit adds", ruleCredit},
		{"a booking is reversed wholly and once", ruleReverseBooking},
		{"a credit is reversed wholly and once, if not spent", ruleReverseCredit},
		{"what moved no money cannot be reversed", ruleNotReversible},
		{"a repeated hold has its effect once", ruleRepeatHold},
		{"a repeated booking has its effect once", ruleRepeatBook},
		{"a repeated release has its effect once", ruleRepeatRelease},
		{"a repeated credit has its effect once", ruleRepeatCredit},
		{"a repeated reversal has its effect once", ruleRepeatReverse},
		{"a refused reference stays refused", ruleRefusalStays},
		{"a reference with another body is a conflict", ruleConflict},
		{"a release that comes first fences its hold", ruleFenceHold},
		{"a reversal that comes first fences its credit", ruleFenceCredit},
		{"status knows every operation by its own reference", ruleStatus},
		{"an unknown outcome is found by status and repeated once", ruleLostAnswer},
		{"an outcome says the truth when the caller gives up", ruleGivingUp},
		{"what was answered is there after a restart", ruleRestart},
		{"one reference asked at once by many has its effect once", ruleSameReferenceAtOnce},
		{"holds at once never reserve more than there is", ruleHoldsAtOnce},
		{"of a booking and a release at once one wins", ruleBookOrRelease},
		{"a statement lists every movement and adds up", ruleStatement},
		{"money is neither made nor lost", ruleConservation},
		{"health is good and capabilities stay", ruleHealth},
		RandomRule(),
	}
}

// RandomRule is the row that runs random operations beside an obvious twin. Nearly every fault of a system shows in it too.
func RandomRule() Rule { return Rule{"random operations agree with an obvious twin", ruleRandom} }
