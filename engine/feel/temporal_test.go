package feel

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDurationsOfTimers(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) int64 {
		d, ok := ParseDateTime(text)
		if !ok {
			t.Fatalf("%s is no date and time", text)
		}
		return d.UnixMilli(nil)
	}
	for _, c := range []struct {
		duration, from, to string
		zone               *time.Location
	}{
		{"PT60S", "2024-01-31T00:00:00Z", "2024-01-31T00:01:00Z", nil},
		{"P1M", "2024-01-31T00:00:00Z", "2024-02-29T00:00:00Z", nil},
		{"P1Y2M3DT4H5M6.789S", "2024-01-31T00:00:00Z", "2025-04-03T04:05:06.789Z", nil},
		{"P2W", "2024-01-01T00:00:00Z", "2024-01-15T00:00:00Z", nil},
		{"-PT1H", "2024-01-01T00:00:00Z", "2023-12-31T23:00:00Z", nil},
		{"PT-0.5S", "2024-01-01T00:00:00Z", "2023-12-31T23:59:59.5Z", nil},
		{"P1D", "2024-03-30T12:00:00+01:00[Europe/Berlin]", "2024-03-31T12:00:00+02:00[Europe/Berlin]", berlin},
		{"PT24H", "2024-03-30T12:00:00@Europe/Berlin", "2024-03-31T13:00:00@Europe/Berlin", berlin},
		{"P1D", "2024-03-30T02:30:00@Europe/Berlin", "2024-03-31T03:30:00+02:00", berlin},
	} {
		d, err := ParseDuration(c.duration)
		if err != nil {
			t.Errorf("%s: %v", c.duration, err)
			continue
		}
		if got := d.AddTo(at(c.from), c.zone); got != at(c.to) {
			t.Errorf("%s + %s = %s, want %s", c.from, c.duration, FromUnixMilli(got, c.zone), c.to)
		}
	}
	for _, text := range []string{"", "P", "PT", "1H", "PT1", "P1H", "PT1D", "PT1H1H", "P1DT", "PT1.5H", "PT1S1M", "PTS", "P--1D", "PT1.0123456789S", "P9999999999999999999D", " PT1S"} {
		if d, err := ParseDuration(text); err == nil {
			t.Errorf("%q was read as %+v", text, d)
		}
	}
}

// The calendar against Go's own.
func TestCalendarLikeGo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.Int64Range(-2_000_000, 2_000_000).Draw(t, "days")
		want := time.Unix(days*86400, 0).UTC()
		year, month, day := dateOf(days)
		if year != int64(want.Year()) || month != int64(want.Month()) || day != int64(want.Day()) || daysOf(year, month, day) != days {
			t.Fatalf("%d: %d-%d-%d, want %s", days, year, month, day, want)
		}
		if w := int64(want.Weekday()+6)%7 + 1; weekday(days) != w {
			t.Fatalf("weekday of %s: %d", want, weekday(days))
		}
		if _, week := want.ISOWeek(); weekOfYear(days).n != int64(week) {
			t.Fatalf("week of %s: %s", want, weekOfYear(days))
		}
		if days >= -719528 && year <= 9999 {
			text := string(appendDate(nil, days))
			if text != want.Format(time.DateOnly) || parseDate(text).n != days {
				t.Fatalf("%s is written %s", want, text)
			}
		}
	})
}

// Instants in a zone against Go's own.
func TestZonesLikeGo(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		ms := rapid.Int64Range(0, 4_000_000_000_000).Draw(t, "ms")
		d, _ := FromUnixMilli(ms, zone).AsDateTime()
		if d.UnixMilli(nil) != ms {
			t.Fatalf("%d became %d", ms, d.UnixMilli(nil))
		}
		if got, want := string(FromUnixMilli(ms, zone).appendTemporal(nil))[:19], time.UnixMilli(ms).In(zone).Format("2006-01-02T15:04:05"); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
		offset := rapid.Int64Range(-400_000, 400_000).Draw(t, "seconds")
		moved := moveDateTime(FromUnixMilli(ms, zone), daysTime(offset, 0)).dateTime()
		if moved.UnixMilli(nil) != ms+offset*1000 {
			t.Fatalf("moved to %s", dateTimeValue(moved))
		}
	})
}
