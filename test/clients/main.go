// Command clients runs the published Zeebe clients through every call that payhub serves and
// compares what each got with what it got from the real Zeebe. See README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	var options options
	flag.StringVar(&options.target, "target", "payhub", "payhub (started here), oracle (started here), or the HOST:PORT of a running payhub")
	flag.BoolVar(&options.record, "record", false, "keep the answers as testdata/golden/CLIENT.txt, to be used with -target oracle")
	flag.BoolVar(&options.verbose, "v", false, "print every answer")
	only := flag.String("clients", "", "comma-separated names; empty = all")
	flag.Parse()
	if *only != "" {
		options.only = strings.Split(*only, ",")
	}
	if err := run(&options); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	target          string
	record, verbose bool
	only            []string
}

// run takes every client through the scenario and prints the table.
func run(options *options) error {
	home, err := sourceFolder()
	if err != nil {
		return err
	}
	cache := filepath.Join(home, "..", "..", ".cache", "clients")
	target, err := startTarget(options.target, home)
	if err != nil {
		return err
	}
	defer target.stop()
	var reports []*report
	var left []string
	for _, client := range clients {
		if len(options.only) > 0 && !slices.Contains(options.only, client.name) {
			continue
		}
		if tool := client.missing(); tool != "" {
			left = append(left, fmt.Sprintf("%s (no %s)", client.name, tool))
			continue
		}
		report, err := runClient(client, target, home, cache)
		if report != nil && options.verbose {
			fmt.Printf("== %s\n%s", client.name, report.text())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", client.name, err)
		}
		if options.record {
			if err := os.WriteFile(goldenFile(home, client.name), []byte(report.text()), 0o644); err != nil {
				return err
			}
		}
		reports = append(reports, report)
	}
	fmt.Print(table(reports))
	if err := compare(home, reports); err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("not run: %s; install what is missing", strings.Join(left, ", "))
	}
	return nil
}

// runClient installs a client, starts its driver and plays the scenario.
func runClient(client *client, target *target, home, cache string) (*report, error) {
	if err := client.install(home, cache); err != nil {
		return nil, fmt.Errorf("installing: %w", err)
	}
	files, err := os.MkdirTemp("", "payhub-clients-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(files)
	if err := writeResources(home, files, client.name); err != nil {
		return nil, err
	}
	driver, err := client.start(home, cache, target.address)
	if err != nil {
		return nil, err
	}
	defer driver.close()
	c := &conversation{client: client.name, files: files, driver: driver, target: target, report: newReport(client.name, files)}
	scenario(c)
	return c.report, c.failed
}

// writeResources copies the resources with the client's name in all ids, so that clients do not
// meet in one engine.
func writeResources(home, to, client string) error {
	sources, err := filepath.Glob(filepath.Join(home, "resources", "*.bpmn"))
	if err != nil {
		return err
	}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		text = []byte(strings.ReplaceAll(string(text), placeholder, client))
		if err := os.WriteFile(filepath.Join(to, filepath.Base(source)), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// sourceFolder finds test/clients from anywhere in the repository.
func sourceFolder() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "test", "clients", "resources")); err == nil {
			return filepath.Join(at, "test", "clients"), nil
		}
		if filepath.Dir(at) == at {
			return "", fmt.Errorf("not inside the repository: no test/clients/resources above the working directory")
		}
		at = filepath.Dir(at)
	}
}

func goldenFile(home, client string) string {
	return filepath.Join(home, "testdata", "golden", client+".txt")
}
