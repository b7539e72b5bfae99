package main

import (
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// figure is one line of the table.
type figure struct {
	name string
	// unit of value, baseline and targets.
	unit  string
	value float64
	// now and aim are what is asked for at least and in the end; 0: nothing is.
	now, aim float64
	// higher is better; otherwise lower.
	higher bool
	// byRatio judges value/baseline instead of value; targets are ratios then.
	byRatio bool
	// baseline is what it is compared with, measured in the same run; 0: nothing.
	baseline float64
	// against names the baseline.
	against string
}

// table gathers figures in the order in which they were measured.
type table struct{ figures []figure }

func (t *table) add(f ...figure) { t.figures = append(t.figures, f...) }

// ratio of value to baseline, so that more is better in both directions.
func (f figure) ratio() float64 {
	if f.higher {
		return f.value / f.baseline
	}
	return f.baseline / f.value
}

// verdict compares with the targets.
func (f figure) verdict() string {
	v := f.value
	if f.byRatio {
		if f.baseline == 0 {
			return "no baseline"
		}
		v = f.ratio()
	}
	reached := func(target float64) bool {
		if f.higher || f.byRatio {
			return v >= target
		}
		return v <= target
	}
	switch {
	case f.now == 0 && f.aim == 0:
		return ""
	case f.aim != 0 && reached(f.aim):
		return "aim reached"
	case reached(f.now):
		return "reached"
	}
	return "MISSED"
}

// target shows one target.
func (f figure) target(v float64) string {
	sign := "≤ "
	if f.higher || f.byRatio {
		sign = "≥ "
	}
	switch {
	case v == 0:
		return "–"
	case f.byRatio:
		return sign + short(v) + "×"
	}
	return sign + short(v)
}

// print writes the table in Markdown, aligned for a terminal.
func (t *table) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprintln(w, "| Figure\t| Value\t| At least now\t| Aim\t| Baseline\t| Ratio\t| \t|")
	fmt.Fprintln(w, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	for _, f := range t.figures {
		baseline, ratio := "–", "–"
		if f.baseline != 0 {
			baseline, ratio = short(f.baseline)+" ("+f.against+")", short(f.ratio())
		}
		fmt.Fprintf(w, "| %s\t| %s %s\t| %s\t| %s\t| %s\t| %s\t| %s\t|\n",
			f.name, short(f.value), f.unit, f.target(f.now), f.target(f.aim), baseline, ratio, f.verdict())
	}
	w.Flush()
}

// short writes three significant digits, and whole numbers from 100 on.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "?"
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.3g", v)
	}
	return fmt.Sprintf("%.2g", v)
}
