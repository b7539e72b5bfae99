package planted

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Found is what became of a hunt.
type Found struct {
	// Seeds is how many worlds were run, the one included in which something broke.
	Seeds int
	// Rules are the promises that broke in it, each once, in the order in which they did; none: nothing was found.
	Rules []string
	// First is the first report.
	First string
	// Took is how long the worlds ran.
	Took time.Duration
}

// patience is how long a few worlds may take.
const patience = "3m"

var (
	report    = regexp.MustCompile(`(?m)^\s+(?:\w+\.go:\d+: )?seed (\d+): \d+ commands, `)
	violation = regexp.MustCompile(`(?m)^\s+(\S[^\n:]*?) at -?[0-9.]+ s: (.*)$`)
	failure   = regexp.MustCompile(`(?m)^(panic|fatal error): (.*)$`)
)

// Hunt runs worlds 1 to seeds of a program made by Build, some at a time, until a promise is broken.
func Hunt(program, tree string, seeds, atOnce int) (Found, error) {
	began := time.Now()
	for from := 1; from <= seeds; from += atOnce {
		n := min(atOnce, seeds-from+1)
		command := exec.Command(program, "-test.run", "^TestVolume$", "-test.timeout", patience, "-hasty", "-from", strconv.Itoa(from), "-seeds", strconv.Itoa(n))
		command.Dir = filepath.Join(tree, "engine", "sim")
		out, err := command.CombinedOutput()
		if err == nil {
			continue
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return Found{}, err
		}
		found, err := understand(out, from+n-1)
		found.Took = time.Since(began)
		return found, err
	}
	return Found{Seeds: seeds, Took: time.Since(began)}, nil
}

// understand reads what a failed run says. last is the last of its seeds.
func understand(out []byte, last int) (Found, error) {
	found := Found{Seeds: last}
	if m := failure.FindSubmatch(out); m != nil { // beside the engine's decisions, which the world catches
		found.Rules, found.First = []string{string(m[1])}, string(m[2])
		if strings.HasPrefix(found.First, "test timed out") {
			found.Rules = []string{"does not end"}
		}
		return found, nil
	}
	reports := report.FindAllSubmatchIndex(out, 2)
	if len(reports) == 0 {
		return found, fmt.Errorf("a world failed and did not say why:\n%s", out)
	}
	found.Seeds, _ = strconv.Atoi(string(out[reports[0][2]:reports[0][3]]))
	end := len(out)
	if len(reports) > 1 {
		end = reports[1][0]
	}
	for _, m := range violation.FindAllSubmatch(out[reports[0][0]:end], -1) {
		if found.First == "" {
			found.First = string(m[1]) + ": " + string(m[2])
		}
		if rule := string(m[1]); !slices.Contains(found.Rules, rule) {
			found.Rules = append(found.Rules, rule)
		}
	}
	if len(found.Rules) == 0 {
		return found, fmt.Errorf("a world failed and no promise was broken:\n%s", out)
	}
	return found, nil
}
