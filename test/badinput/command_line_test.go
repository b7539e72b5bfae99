package badinput_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/payhub/payhub/test/payments/dev"
)

// Command lines and settings that cannot be carried out: the exit code, and one message that says what, why and what
// to do. FOLDER stands for a folder of the test's own.
func TestCommandLinesThatAreRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, content := range map[string]string{
		"key.yaml": "engine:\n  dta: x\n", "broken.yaml": "engine: [\n", "twice.yaml": "engine:\n  partitions: 2\n  partitions: 3\n",
		"bad.bpmn": "<html/>", "file": "",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		environ, args string
		code          int
		want          []string
	}{
		{"", "dev --engine.partitons 3", 2, []string{"--engine.partitons", "nearest is --engine.partitions"}},
		{"", "dev --engine.partitions many", 2, []string{"--engine.partitions", "whole number", `"many"`}},
		{"", "dev --engine.partitions 0", 2, []string{"engine.partitions", "at least 1"}},
		{"", "dev --engine.flush.interval soon", 2, []string{"engine.flush.interval", `"soon"`}},
		{"PAYHUB_ENGINE_PARTITON=3", "dev", 2, []string{"PAYHUB_ENGINE_PARTITON", "nearest is PAYHUB_ENGINE_PARTITIONS"}},
		{"PAYHUB_ENGINE_NODE_ID=x", "config show", 2, []string{"PAYHUB_ENGINE_NODE_ID", "whole number"}},
		{"", "server --config FOLDER/key.yaml", 2, []string{"key.yaml:2:3", "engine.dta", "nearest is engine.data"}},
		{"", "server --config FOLDER/broken.yaml", 2, []string{"broken.yaml", "not YAML", "[1:"}},
		{"", "server --config FOLDER/twice.yaml", 2, []string{"twice.yaml", "already defined"}},
		{"", "server --config FOLDER/none.yaml", 2, []string{"none.yaml", "no such file"}},
		{"", "server --http-listen nowhere", 2, []string{"http.listen", "must be host:port"}},
		{"", "server --http-listen 0.0.0.0:0", 2, []string{"http.listen", "gateway.security.mode", "127.0.0.1"}},
		{"", "server --roles [cook]", 2, []string{"roles", `"cook"`, "engine, gateway, hub, connectors"}},
		{"", "server --log.level loud", 2, []string{"log.level", `"loud"`, "debug, info, warn, error"}},
		{"", "dev --hub.tenants [a,a]", 2, []string{"hub.tenants", `"a" twice`}},
		{"", "server --engine.data FOLDER/x --operations.store postgres://user:secret@h/db", 1, []string{"operations.store", "not available in this version"}},
		{"", "dev --data FOLDER/file PORTS", 1, []string{"data folder", "FOLDER/file", "can be made and written to"}},
		{"", "dev --data FOLDER/d --addresses-file FOLDER/no/such/file PORTS", 1, []string{"--addresses-file"}},
		{"", "dev --temporary --data FOLDER/d", 2, []string{"--temporary", "leave one out"}},
		{"", "dev extra", 2, []string{"takes no argument", `"extra"`}},
		{"", "lint FOLDER/bad.bpmn", 1, []string{"bad.bpmn", "line 1", "<html>"}},
		{"", "lint FOLDER/none.bpmn", 2, []string{"none.bpmn", "no such file"}},
		{"", "deploy FOLDER/bad.bpmn --address 127.0.0.1:1", 3, []string{"127.0.0.1:1 is not reachable", "--address"}},
		{"", "convert FOLDER/bad.bpmn", 1, []string{"bad.bpmn", "line 1, column 1"}},
		{"", "feel 1+", 2, []string{"1+", "column"}},
		{"", "transfer show x --http-address 127.0.0.1:1", 3, []string{"127.0.0.1:1 is not reachable", "--http-address"}},
		{"", "job complete seven", 2, []string{`"seven" is no key`}},
		{"", "chaos", 1, []string{"not available in this version"}},
		{"", "nonsense", 2, []string{`no command "nonsense"`}},
	} {
		var environ []string
		if c.environ != "" {
			environ = []string{c.environ}
		}
		line := strings.ReplaceAll(strings.ReplaceAll(c.args, "PORTS", strings.Join(dev.FreePorts(), " ")), "FOLDER", folder)
		r := dev.Run(t, environ, strings.Fields(line)...)
		expectFailure(t, c.environ+" payhub "+c.args, r, c.code, c.want, folder)
		if strings.Contains(r.Err, "secret") {
			t.Errorf("payhub %s shows a password: %s", c.args, r.Err)
		}
	}
}

// expectFailure compares exit code and words, and looks for the form "payhub: what: why (what to do)".
func expectFailure(t *testing.T, what string, r dev.Result, code int, words []string, folder string) {
	t.Helper()
	all := r.Out + r.Err
	if r.Code != code || !strings.Contains(all, "payhub: ") || strings.Contains(all, "panic") {
		t.Errorf("%s: exit code %d, expected %d; it says:\n%s", what, r.Code, code, all)
		return
	}
	for _, word := range words {
		if !strings.Contains(all, strings.ReplaceAll(word, "FOLDER", folder)) {
			t.Errorf("%s does not say %q:\n%s", what, word, all)
		}
	}
}

// A port that somebody has is refused with who it is, before anything else is touched.
func TestAUsedPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, name := range []string{"grpc", "http", "management"} {
		data := filepath.Join(t.TempDir(), "data")
		args := []string{"dev", "--data", data}
		for _, other := range []string{"grpc", "http", "management"} {
			address := "127.0.0.1:0"
			if other == name {
				address = listener.Addr().String()
			}
			args = append(args, "--"+other+"-listen", address)
		}
		r := dev.Run(t, nil, args...)
		expectFailure(t, "a used port for "+name, r, 1, []string{
			name + ".listen", "in use", fmt.Sprintf("process %d", os.Getpid()), "--" + name + "-listen", "port 0",
		}, "")
		if _, err := os.Stat(data); !os.IsNotExist(err) {
			t.Errorf("the data folder was made although the port for %s is used: %v", name, err)
		}
	}
}

// A second process on a data folder is refused, and the first goes on.
func TestASecondProcessOnADataFolder(t *testing.T) {
	t.Parallel()
	p := dev.Start(t, "")
	expectPayment(t, p, "before")
	for range 3 {
		r := dev.Run(t, nil, append([]string{"dev", "--data", p.Data}, dev.FreePorts()...)...)
		expectFailure(t, "a second process", r, 1, []string{p.Data, "used by another process", "folder of its own"}, "")
	}
	expectPayment(t, p, "after")
	p.CheckBooks()
}
