package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// client is a published client: how it is installed from its registry and how its driver starts.
type client struct {
	name    string
	tools   []string // programs that must be there
	install func(home, cache string) error
	start   func(home, cache, address string) (driver, error)
}

// clients are all that are run, in the table's order.
var clients = []*client{
	{"go-8.5.5", []string{"go"}, installGo, func(home, cache, address string) (driver, error) {
		return startProcess(filepath.Join(home, "go"), nil, filepath.Join(cache, "go-driver"), address)
	}},
	{"zbctl-8.5.5", []string{"go"}, installGo, func(_, cache, address string) (driver, error) {
		return &zbctl{binary: filepath.Join(cache, "zbctl"), address: address}, nil
	}},
	{"camunda8-sdk-8.8.13", []string{"node", "npm"}, installNode, func(home, cache, address string) (driver, error) {
		return startNode(home, cache, "camunda8-sdk.js", address)
	}},
	{"zeebe-node-8.3.2", []string{"node", "npm"}, installNode, func(home, cache, address string) (driver, error) {
		return startNode(home, cache, "zeebe-node.js", address)
	}},
	{"pyzeebe-4.7.0", []string{"python3"}, installPython, func(home, cache, address string) (driver, error) {
		return startProcess(home, nil, filepath.Join(cache, "python", "bin", "python"), "-u", filepath.Join(home, "python", "driver.py"), address)
	}},
	{"java-8.5.25", []string{"java", "javac", "mvn"}, installJava("8.5.25"), startJava("8.5.25")},
	{"java-8.8.21", []string{"java", "javac", "mvn"}, installJava("8.8.21"), startJava("8.8.21")},
}

// missing names the first program that a client needs and that is not there.
func (c *client) missing() string {
	for _, tool := range c.tools {
		if _, err := exec.LookPath(tool); err != nil {
			return tool
		}
	}
	return ""
}

// installGo builds the driver and zbctl: a module of its own, since this program links payhub's
// stubs of the same messages.
func installGo(home, cache string) error {
	dir := filepath.Join(home, "go")
	if err := command(dir, "go", "build", "-o", filepath.Join(cache, "go-driver"), "."); err != nil {
		return err
	}
	return command(dir, "go", "build", "-o", filepath.Join(cache, "zbctl"), "github.com/camunda/zeebe/clients/go/v8/cmd/zbctl")
}

func installNode(home, cache string) error {
	dir := filepath.Join(cache, "node")
	return onceFor(filepath.Join(home, "node", "package-lock.json"), dir, func() error {
		for _, name := range []string{"package.json", "package-lock.json"} {
			text, err := os.ReadFile(filepath.Join(home, "node", name))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				return err
			}
		}
		return command(dir, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
	})
}

func startNode(home, cache, script, address string) (driver, error) {
	return startProcess(home, []string{"NODE_PATH=" + filepath.Join(cache, "node", "node_modules")}, "node", filepath.Join(home, "node", script), address)
}

func installPython(home, cache string) error {
	dir, wanted := filepath.Join(cache, "python"), filepath.Join(home, "python", "requirements.txt")
	return onceFor(wanted, dir, func() error {
		if err := command(home, "python3", "-m", "venv", dir); err != nil {
			return err
		}
		return command(home, filepath.Join(dir, "bin", "pip"), "install", "-q", "-r", wanted)
	})
}

func installJava(version string) func(home, cache string) error {
	return func(home, cache string) error {
		dir, pom := filepath.Join(cache, "java-"+version), filepath.Join(home, "java", "pom.xml")
		err := onceFor(pom, dir, func() error {
			return command(home, "mvn", "-q", "-B", "-f", pom, "-Dclient.version="+version, "dependency:copy-dependencies", "-DoutputDirectory="+filepath.Join(dir, "lib"))
		})
		if err != nil {
			return err
		}
		return command(home, "javac", "-nowarn", "-d", filepath.Join(dir, "classes"), "-cp", filepath.Join(dir, "lib", "*"), filepath.Join(home, "java", "Driver.java"))
	}
}

func startJava(version string) func(home, cache, address string) (driver, error) {
	return func(home, cache, address string) (driver, error) {
		dir := filepath.Join(cache, "java-"+version)
		return startProcess(home, nil, "java", "-Xmx256m", "-cp", filepath.Join(dir, "classes")+":"+filepath.Join(dir, "lib", "*"), "Driver", address)
	}
}

// onceFor installs into a folder unless that was done for the same list of packages.
func onceFor(list, dir string, install func() error) error {
	wanted, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	mark := filepath.Join(dir, "installed-for")
	if done, err := os.ReadFile(mark); err == nil && bytes.Equal(done, wanted) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := install(); err != nil {
		return err
	}
	return os.WriteFile(mark, wanted, 0o644)
}

func command(dir, name string, arguments ...string) error {
	c := exec.Command(name, arguments...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, arguments, err, out)
	}
	return nil
}
