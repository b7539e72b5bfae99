package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// print writes an answer: its JSON with -o json, else what text writes.
func (a *app) print(answer any, text func(w io.Writer)) error {
	if a.output == "json" {
		encoder := json.NewEncoder(a.Out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(answer)
	}
	text(a.Out)
	return nil
}

// table writes rows under a heading, columns aligned. Line breaks in a cell become spaces.
func table(w io.Writer, heading []string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(heading, "\t"))
	for _, row := range rows {
		for i := range row {
			row[i] = strings.Join(strings.Fields(row[i]), " ")
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	t.Flush()
}
