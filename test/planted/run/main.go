// Command run plants each bug of test/planted/patches into the tree, one at a time, and runs worlds of the simulator
// until one of them breaks a promise. It prints a table: bug, seeds it took, promises that broke, seconds. It fails when
// a bug is not found, or when something breaks without one.
//
//	go run ./test/planted/run -only 7,12 -seeds 50
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/payhub/payhub/test/planted"
)

func main() {
	tree := flag.String("tree", ".", "root of the tree")
	only := flag.String("only", "", "numbers of the bugs to plant, with commas; all, and first none, if it is empty")
	seeds := flag.Int("seeds", 50, "how many worlds to run before a bug counts as not found")
	atOnce := flag.Int("at-once", runtime.GOMAXPROCS(0), "how many worlds run side by side")
	verbose := flag.Bool("v", false, "print the first report of each bug")
	flag.Parse()
	missed, err := run(*tree, *only, *seeds, *atOnce, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(2)
	}
	if missed > 0 {
		fmt.Printf("%d not as it should be\n", missed)
		os.Exit(1)
	}
}

// run hunts the bugs and counts those that were not found.
func run(tree, only string, seeds, atOnce int, verbose bool) (missed int, err error) {
	bugs, err := planted.Bugs(filepath.Join(tree, "test", "planted", "patches"))
	if err != nil {
		return 0, err
	}
	wanted, err := numbers(only)
	if err != nil {
		return 0, err
	}
	fmt.Println("| bug | what is broken | seeds | broke | seconds |\n|---|---|---|---|---|")
	if len(wanted) == 0 {
		found, err := hunt(nil, tree, seeds, atOnce)
		if err != nil {
			return 0, err
		}
		if missed += len(found.Rules); missed > 0 {
			fmt.Println(found.First)
		}
		row("00", "nothing", found)
	}
	for i := range bugs {
		b := &bugs[i]
		if len(wanted) > 0 && !slices.Contains(wanted, b.Number) {
			continue
		}
		found, err := hunt(b, tree, seeds, atOnce)
		if err != nil {
			return missed, fmt.Errorf("%s: %w", b.Name, err)
		}
		if len(found.Rules) == 0 {
			missed++
		}
		row(fmt.Sprintf("%02d %s", b.Number, b.Name), b.Broken, found)
		if verbose {
			fmt.Println("   ", found.First)
		}
	}
	return missed, nil
}

func numbers(text string) (list []int, err error) {
	if text == "" {
		return nil, nil
	}
	for _, word := range strings.Split(text, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("-only takes numbers: %w", err)
		}
		list = append(list, n)
	}
	return list, nil
}

// hunt plants a bug in a folder of its own and looks for it.
func hunt(b *planted.Bug, tree string, seeds, atOnce int) (found planted.Found, err error) {
	dir, err := os.MkdirTemp("", "planted-")
	if err != nil {
		return found, err
	}
	defer os.RemoveAll(dir)
	program, err := b.Build(tree, dir)
	if err != nil {
		return found, err
	}
	return planted.Hunt(program, tree, seeds, atOnce)
}

func row(name, broken string, found planted.Found) {
	seeds, rules := strconv.Itoa(found.Seeds), strings.Join(found.Rules, ", ")
	if rules == "" {
		seeds, rules = "> "+seeds, "nothing"
	}
	fmt.Printf("| %s | %s | %s | %s | %.0f |\n", name, broken, seeds, rules, found.Took.Seconds())
}
