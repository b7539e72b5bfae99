package config

import (
	"strings"

	"github.com/spf13/pflag"
)

// NearestFlag gives the flag of a set that a mistyped one, without its dashes, comes nearest to.
func NearestFlag(set *pflag.FlagSet, mistyped string) string {
	var names []string
	set.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return nearest(mistyped, names)
}

// nearest gives the candidate with the fewest edits to the word, letters compared without case;
// of equally near ones the first.
func nearest(word string, candidates []string) string {
	best, fewest := "", 1<<30
	for _, c := range candidates {
		if d := edits(strings.ToLower(word), strings.ToLower(c)); d < fewest {
			best, fewest = c, d
		}
	}
	return best
}

// edits is the Levenshtein distance of two texts in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := diagonal
			if a[i-1] != b[j-1] {
				change++
			}
			diagonal = row[j]
			row[j] = min(change, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
