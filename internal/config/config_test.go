package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// load reads a configuration from the text of a file, variables and flags.
func load(t *testing.T, file string, environ, args []string) (*Loaded, error) {
	t.Helper()
	s := Sources{Environ: environ, Flags: pflag.NewFlagSet("test", pflag.ContinueOnError)}
	if file != "" {
		s.File = filepath.Join(t.TempDir(), "payhub.yaml")
		if err := os.WriteFile(s.File, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	AddFlags(s.Flags)
	if err := s.Flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return Load(s)
}

func TestStandardValuesAreThoseOfTheSurface(t *testing.T) {
	c, err := load(t, "", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Engine: Engine{
			Data: "./payhub-data", ClusterSize: 1, Partitions: 1, ReplicationFactor: 1, InitialContactPoints: []string{},
			ClusterID: "payhub", Heartbeat: 300 * time.Millisecond, Disk: Disk{256},
			Flush: Every{time.Second}, Snapshot: Every{5 * time.Minute}, Idempotency: Kept{90 * 24 * time.Hour},
		},
		GRPC: Listener{"127.0.0.1:26500"}, HTTP: Listener{"127.0.0.1:8080"}, Management: Listener{"127.0.0.1:9600"},
		Node: Peer{Listen: "127.0.0.1:26501"}, Gossip: Gossip{Listen: "127.0.0.1:26502", Keys: []string{}},
		Gateway: Gateway{Security{Mode: "none"}}, Hub: Hub{Tenants: []string{}, Peers: []map[string]any{}},
		Operations: Operations{"sqlite"}, Log: Log{"info", "text"},
		Roles: []string{"engine", "gateway", "hub", "connectors"}, Exporters: []map[string]any{},
	}
	if diff := cmp.Diff(want, c.Config); diff != "" {
		t.Error(diff)
	}
}

func TestFlagWinsOverEnvironmentOverFileOverDefault(t *testing.T) {
	const file = "engine:\n  data: of-file\n  nodeId: 0\n"
	env := []string{"PAYHUB_ENGINE_DATA=of-env"}
	for _, c := range []struct {
		file         string
		env, args    []string
		want, origin string
	}{
		{"", nil, nil, "./payhub-data", "default"},
		{file, nil, nil, "of-file", "payhub.yaml:2"},
		{file, env, nil, "of-env", "environment PAYHUB_ENGINE_DATA"},
		{file, env, []string{"--engine.data", "of-flag"}, "of-flag", "flag --engine.data"},
		{"", []string{"ZEEBE_BROKER_DATA_DIRECTORY=of-zeebe"}, nil, "of-zeebe", "environment ZEEBE_BROKER_DATA_DIRECTORY"},
		{file, append(env, "ZEEBE_BROKER_DATA_DIRECTORY=of-zeebe"), nil, "of-env", "environment PAYHUB_ENGINE_DATA"},
	} {
		loaded, err := load(t, c.file, c.env, c.args)
		if err != nil {
			t.Fatal(err)
		}
		origin := strings.TrimPrefix(loaded.origin["engine.data"], filepath.Dir(loaded.origin["engine.data"])+"/")
		if loaded.Engine.Data != c.want || origin != c.origin {
			t.Errorf("engine.data = %q from %q, want %q from %q", loaded.Engine.Data, origin, c.want, c.origin)
		}
	}
}

func TestListsAndObjectsAreYAMLTextInVariablesAndFlags(t *testing.T) {
	c, err := load(t, "", []string{"PAYHUB_ROLES=[engine, gateway]", "ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS=a:1, b:2"},
		[]string{"--exporters", "[{kind: file, dir: audit}]", "--http-listen", "127.0.0.1:0", "--grpc.listen=127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"engine", "gateway"}, c.Roles); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]map[string]any{{"kind": "file", "dir": "audit"}}, c.Exporters); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a:1", "b:2"}, c.Engine.InitialContactPoints); diff != "" {
		t.Error(diff)
	}
	if c.HTTP.Listen != "127.0.0.1:0" || c.GRPC.Listen != "127.0.0.1:1" {
		t.Errorf("listeners are %q and %q", c.HTTP.Listen, c.GRPC.Listen)
	}
}

func TestRefusedConfigurationsSayWhatWhereAndTheCure(t *testing.T) {
	for _, c := range []struct {
		name, file string
		env, args  []string
		want       []string
	}{
		{name: "unknown key", file: "engine:\n  nodeID: 1\n", want: []string{"payhub.yaml:2:3: unknown key engine.nodeID (the nearest is engine.nodeId)"}},
		{name: "unknown key at the top", file: "exporter: []\n", want: []string{"unknown key exporter (the nearest is exporters)"}},
		{name: "unknown variable", env: []string{"PAYHUB_ENGINE_NODEID=1"}, want: []string{"unknown variable PAYHUB_ENGINE_NODEID (the nearest is PAYHUB_ENGINE_NODE_ID)"}},
		{name: "every error at once", file: "a: 1\nroles: {}\n", want: []string{"unknown key a", "roles must be a list such as [a, b], not an object"}},
		{name: "not YAML", file: "engine: [", want: []string{"payhub.yaml is not YAML"}},
		{name: "a group that is a value", file: "engine: 5\n", want: []string{"engine must be an object"}},
		{name: "number", args: []string{"--engine.nodeId", "one"}, want: []string{`flag --engine.nodeId: engine.nodeId must be a whole number, not "one"`}},
		{name: "duration", file: "engine: {flush: {interval: 5}}", want: []string{"payhub.yaml:1: engine.flush.interval must be a duration such as 500ms, 1s or 5m, not 5"}},
		{name: "list of objects", args: []string{"--exporters", "[kafka]"}, want: []string{"exporters must be a list of objects"}},
		{name: "exporter without kind", args: []string{"--exporters", "[{dir: x}]"}, want: []string{"entry 1 has no kind"}},
		{name: "node id", args: []string{"--engine.nodeId", "3"}, want: []string{"engine.nodeId (from flag --engine.nodeId) is 3: nodes of a cluster of 1 are numbered 0 to 0"}},
		{name: "copies", args: []string{"--engine.replicationFactor", "3"}, want: []string{"a cluster of 1 nodes has no more copies than nodes"}},
		{name: "partitions", args: []string{"--engine.partitions", "8192"}, want: []string{"a key has room for 8191"}},
		{name: "role", args: []string{"--roles", "[broker]"}, want: []string{`roles (from flag --roles) is "broker": must be engine, gateway, hub, connectors`}},
		{name: "store", args: []string{"--operations.store", "mysql://me:geheim@x"}, want: []string{`is "mysql://me:********@x": must be sqlite`}},
		{name: "sqlite in a cluster", args: []string{"--engine.clusterSize", "3"}, want: []string{"a cluster needs postgres://… or none"}},
		{name: "address", args: []string{"--http-listen", "8080"}, want: []string{`http.listen (from flag --http-listen) is "8080": must be host:port`}},
		{name: "open without security", args: []string{"--http-listen", "0.0.0.0:8080"}, want: []string{"http.listen", "which others can reach, while gateway.security.mode is none"}},
		{name: "mtls without files", args: []string{"--gateway.security.mode", "mtls"}, want: []string{"needs gateway.security.cert, key and ca"}},
		{name: "half a certificate of the hub", args: []string{"--hub.gateway", "zeebe:26500", "--hub.security.cert", "a.pem"}, want: []string{"hub.security.cert", "belong together"}},
		{name: "security of no gateway", args: []string{"--hub.security.ca", "a.pem"}, want: []string{"hub.security.ca", "the gateway that hub.gateway names, which is empty"}},
		{
			name: "a node that joins without proof", args: []string{"--engine.initialContactPoints", "[n:26502]", "--node-listen", "0.0.0.0:1", "--gossip-listen", "0.0.0.0:1"},
			want: []string{"nodes do not prove who they are", "gossip is not encrypted"},
		},
		{name: "half a certificate", args: []string{"--node.security.cert", "a.pem"}, want: []string{"name all three files or none"}},
		{name: "gossip key", args: []string{"--gossip.keys", "[geheim]"}, want: []string{"gossip.keys (from flag --gossip.keys) has an entry 1 that is not base64"}},
		{name: "open nodes", args: []string{
			"--engine.clusterSize", "3", "--operations.store", "none", "--node-listen", "0.0.0.0:1", "--gossip-listen", "0.0.0.0:2",
			"--gateway.security.mode", "oidc",
		}, want: []string{"nodes do not prove who they are", "gossip is not encrypted"}},
		{name: "cluster id", args: []string{"--engine.clusterId", "a b"}, want: []string{"must be a name without blanks"}},
		{name: "backups go nowhere", args: []string{"--backup.interval", "1h"}, want: []string{"backup.interval (from flag --backup.interval)", "backup.store is empty"}},
		{name: "backups without a pause", args: []string{"--backup.store", "/b", "--backup.interval", "1ms"}, want: []string{"must be 0s, or at least 1s"}},
		{name: "backups kept for less than nothing", args: []string{"--backup.retention", "-1h"}, want: []string{"must not be negative"}},
		{name: "heartbeat", args: []string{"--engine.heartbeat", "1ms"}, want: []string{"must be at least 20ms"}},
		{name: "open by an empty host", args: []string{"--grpc-listen", ":26500"}, want: []string{"which others can reach"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, c.file, c.env, c.args)
			if err == nil {
				t.Fatal("it was accepted")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q is not in:\n%v", w, err)
				}
			}
			if strings.Contains(err.Error(), "geheim") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestMissingFileIsAnError(t *testing.T) {
	_, err := Load(Sources{File: filepath.Join(t.TempDir(), "payhub.yaml")})
	if err == nil || !strings.Contains(err.Error(), "payhub.yaml cannot be read") {
		t.Errorf("the error is %v", err)
	}
}

func TestOpenListenersAreAcceptedWithSecurity(t *testing.T) {
	if _, err := load(t, "", nil, []string{
		"--http-listen", "0.0.0.0:8080", "--gateway.security.mode", "mtls",
		"--gateway.security.cert", "c", "--gateway.security.key", "k", "--gateway.security.ca", "a",
	}); err != nil {
		t.Error(err)
	}
}

func TestZeebeNamesAreWarnedAboutOnce(t *testing.T) {
	var warnings []string
	_, err := Load(Sources{
		Environ: []string{"ZEEBE_BROKER_CLUSTER_NODEID=0", "ZEEBE_BROKER_CLUSTER_CLUSTERSIZE=1", "ZEEBE_BROKER_THREADS_CPUTHREADCOUNT=2"},
		Warn:    func(text string) { warnings = append(warnings, text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"environment has names of a Zeebe broker; accepted: ZEEBE_BROKER_CLUSTER_CLUSTERSIZE (now PAYHUB_ENGINE_CLUSTER_SIZE), " +
		"ZEEBE_BROKER_CLUSTER_NODEID (now PAYHUB_ENGINE_NODE_ID); not used: ZEEBE_BROKER_THREADS_CPUTHREADCOUNT"}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Error(diff)
	}
}

func TestShownConfigurationMasksSecrets(t *testing.T) {
	c, err := load(t, "", nil, []string{
		"--operations.store", "postgres://pay:ge@heim@db/ops",
		"--exporters", "[{kind: kafka, password: geheim, auth: {apiToken: geheim}, brokers: ['b:1']}]",
		"--hub.peers", "[{name: other, publicKey: abc}]", "--engine.secret", "geheim", "--gossip.keys", "[aGVpbWdlaGVpbWdlaGVpbQ==]",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range c.Show() {
		got[s.Key] = s.Text()
		if strings.Contains(s.Text(), "heim") {
			t.Errorf("%s shows a secret: %s", s.Key, s.Text())
		}
	}
	for key, want := range map[string]string{
		"operations.store":      "postgres://pay:********@db/ops",
		"hub.peers":             "[{name: other, publicKey: abc}]",
		"engine.flush.interval": "1s",
		"engine.nodeId":         "0",
		"roles":                 "[engine, gateway, hub, connectors]",
	} {
		if got[key] != want {
			t.Errorf("%s is shown as %q, want %q", key, got[key], want)
		}
	}
}

func TestNamesOfVariablesAndFlags(t *testing.T) {
	for key, want := range map[string][2]string{
		"engine.nodeId":         {"PAYHUB_ENGINE_NODE_ID", "engine.nodeId"},
		"grpc.listen":           {"PAYHUB_GRPC_LISTEN", "grpc-listen"},
		"gossip.advertise":      {"PAYHUB_GOSSIP_ADVERTISE", "gossip-advertise"},
		"roles":                 {"PAYHUB_ROLES", "roles"},
		"gateway.security.mode": {"PAYHUB_GATEWAY_SECURITY_MODE", "gateway.security.mode"},
	} {
		s, ok := find(key)
		if got := [2]string{s.Env(), s.Flag()}; !ok || got != want {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("engine:\n  data: x\nroles: [engine]\n"))
	f.Add([]byte("a: &a [*a]\n---\n? {}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		found, _ := parseFile("payhub.yaml", src)
		for _, v := range found {
			if _, err := v.convert(); err != nil && err.Error() == "" {
				t.Error("an error without words")
			}
		}
	})
}

func TestEverySettingIsInTheSurface(t *testing.T) {
	text, err := os.ReadFile("../../docs/surface.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Settings() {
		if !strings.Contains(string(text), "`"+s.Key+"`") {
			t.Errorf("docs/surface.md does not explain %s", s.Key)
		}
	}
}
