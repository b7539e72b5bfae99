package feel

// Duration is an ISO-8601 duration: a calendar part (Months, Days) and an exact part (Seconds, Nanos). All parts are
// signed; Nanos is between 0 and 999,999,999 and counts upwards, as in Java's Duration. Weeks are seven days. In a FEEL
// days-time duration a day is 24 hours and part of Seconds.
type Duration struct {
	Months  int64
	Days    int64
	Seconds int64
	Nanos   int32
}

func (v Value) appendTemporal(dst []byte) []byte { return dst }

func (v Value) String() string { return string(v.AppendJSON(nil)) }
