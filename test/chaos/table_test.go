package chaos

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/payhub/payhub/test/chaos/judge"
)

// row is what became of one kind of fault.
type row struct {
	fault        string
	faults       int
	verdict      *judge.Verdict
	gaps         []time.Duration
	commits      int
	peculiarity  string // a figure of this case alone
	settledAfter time.Duration
}

// table is all rows so far. It is safe for concurrent use.
type table struct {
	mu   sync.Mutex
	rows []row
}

var results table

func (t *table) add(r row) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, r)
}

// String is the table for a person.
func (t *table) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return ""
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nfault\tcount\tacknowledged\tlost\tdoubled\tstuck\twrong\tgap p50\tgap p99\tgap max\tprobe writes\tall ended after\t")
	for _, r := range t.rows {
		v := r.verdict
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%d\t%s\t%s\n", r.fault, r.faults, v.Total(), v.Count(judge.Lost), v.Count(judge.Doubled),
			v.Count(judge.Stuck), v.Count(judge.Wrong), quantile(r.gaps, 0.5), quantile(r.gaps, 0.99), quantile(r.gaps, 1), r.commits,
			r.settledAfter.Round(10*time.Millisecond), r.peculiarity)
	}
	w.Flush()
	return text.String()
}

// quantile is the nearest-rank quantile.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Round(time.Millisecond)
}
