package config

import (
	"strings"
	"unicode"
)

// kind is what a setting's value looks like.
type kind uint8

const (
	text     kind = iota // a string
	number               // a whole number
	duration             // a Go duration, such as 1s or 5m
	texts                // a list of strings
	objects              // a list of objects
)

// Setting is one key of the configuration.
type Setting struct {
	// Key is its name in payhub.yaml, dots between levels.
	Key string
	// Usage says in one line what it is, with its unit.
	Usage string

	kind     kind
	standard any
}

// settings lists every key there is. Keys are a contract: see docs/surface.md.
var settings = []Setting{
	{"engine.data", "folder of the log, the state and the operations store", text, "./payhub-data"},
	{"engine.nodeId", "number of this node, from 0, unlike any other's", number, 0},
	{"engine.clusterSize", "number of nodes", number, 1},
	{"engine.partitions", "number of partitions, frozen at the first start", number, 1},
	{"engine.replicationFactor", "number of nodes that hold each partition", number, 1},
	{"engine.initialContactPoints", "gossip addresses of nodes to join, host:port", texts, []string{}},
	{"engine.clusterId", "name of the cluster; nodes of another one are refused", text, "payhub"},
	{"engine.zone", "region or zone this node stands in; copies of a partition are spread over zones", text, ""},
	{"engine.heartbeat", "time without a sign of the leader after which followers elect another one", duration, "300ms"},
	{"engine.secret", "secret that all nodes of the cluster share, to know each other without certificates", text, ""},
	{"engine.disk.minFreeMiB", "free space in MiB below which new work is refused until there is more", number, 256},
	{"engine.flush.interval", "time between two flushes of the state to disk", duration, "1s"},
	{"engine.snapshot.interval", "time between two snapshots", duration, "5m"},
	{"engine.idempotency.retention", "time an idempotency key is kept after its instance has ended", duration, "2160h"},
	{"grpc.listen", "address of the Zeebe-compatible gRPC gateway", text, "127.0.0.1:26500"},
	{"http.listen", "address of the payment API and the operations API", text, "127.0.0.1:8080"},
	{"management.listen", "address of health and metrics", text, "127.0.0.1:9600"},
	{"node.listen", "address for other nodes: Raft and forwarded commands", text, "127.0.0.1:26501"},
	{"node.advertise", "the node address other nodes are told, if not the bound one", text, ""},
	{"node.security.cert", "file of this node's certificate for other nodes (PEM); with key and ca it switches mTLS on", text, ""},
	{"node.security.key", "file of its private key", text, ""},
	{"node.security.ca", "file of the certificates that sign those of nodes", text, ""},
	{"gossip.listen", "address of gossip, TCP and UDP", text, "127.0.0.1:26502"},
	{"gossip.advertise", "the gossip address other nodes are told, if not the bound one", text, ""},
	{"gossip.keys", "keys that gossip is encrypted with, base64 of 16, 24 or 32 bytes each; the first is used to send", texts, []string{}},
	{"scheme.listen", "address for callbacks of payment schemes; empty is off", text, ""},
	{"gateway.security.mode", "who may call: none (loopback only), oidc or mtls", text, "none"},
	{"gateway.security.cert", "file of the certificate of the gRPC, HTTP and management listeners (PEM), for mode mtls", text, ""},
	{"gateway.security.key", "file of its private key", text, ""},
	{"gateway.security.ca", "file of the certificates that sign those of clients", text, ""},
	{"hub.tenants", "names of the tenants", texts, []string{}},
	{"hub.gateway", "address of the gateway the hub uses; empty is the one in this process", text, ""},
	{"hub.security.cert", "file of the certificate that is shown to the gateway of hub.gateway (PEM)", text, ""},
	{"hub.security.key", "file of its private key", text, ""},
	{"hub.security.ca", "file of the certificates that sign that of the gateway of hub.gateway; any of the three switches TLS on", text, ""},
	{"hub.peers", "other hubs that callbacks may be handed to: name, url, publicKey", objects, []any{}},
	{"operations.store", "operations store: sqlite, postgres://… or none", text, "sqlite"},
	{"backup.store", "where backups go: a folder that all nodes share, or s3://bucket/prefix?endpoint=…&region=…; empty is off", text, ""},
	{"backup.interval", "time between two periodic backups; 0s makes none", duration, "0s"},
	{"backup.retention", "time a periodic backup is kept; the newest complete one stays; 0s is for ever", duration, "0s"},
	{"roles", "what this process does: engine, gateway, hub, connectors", texts, []string{"engine", "gateway", "hub", "connectors"}},
	{"exporters", "where records are sent: a list of {kind: …}", objects, []any{}},
	{"log.level", "least level of a log line: debug, info, warn or error", text, "info"},
	{"log.format", "form of a log line: text or json", text, "text"},
}

// Settings lists every key of the configuration in the order in which they are shown.
func Settings() []Setting { return append([]Setting(nil), settings...) }

// secret tells whether nobody should read the value of a setting.
func (s Setting) secret() bool { return s.Key == "engine.secret" || s.Key == "gossip.keys" }

// find gives the setting of a key.
func find(key string) (Setting, bool) {
	for _, s := range settings {
		if s.Key == key {
			return s, true
		}
	}
	return Setting{}, false
}

// Env is the name of the environment variable of this setting: engine.nodeId is
// PAYHUB_ENGINE_NODE_ID.
func (s Setting) Env() string {
	var name strings.Builder
	name.WriteString(envPrefix)
	for _, r := range s.Key {
		switch {
		case r == '.':
			name.WriteByte('_')
		case unicode.IsUpper(r):
			name.WriteByte('_')
			name.WriteRune(r)
		default:
			name.WriteRune(unicode.ToUpper(r))
		}
	}
	return name.String()
}

// Flag is the name of the flag of this setting without its dashes: the key itself, except that
// listeners are --grpc-listen and alike.
func (s Setting) Flag() string {
	switch s.Key[strings.LastIndexByte(s.Key, '.')+1:] {
	case "listen", "advertise":
		return strings.ReplaceAll(s.Key, ".", "-")
	}
	return s.Key
}

// zeebeAlias maps the variables of a Zeebe broker's cluster settings, as in its configuration
// template, to ours, so that an existing deployment starts.
var zeebeAlias = map[string]string{
	"ZEEBE_BROKER_DATA_DIRECTORY":               "engine.data",
	"ZEEBE_BROKER_CLUSTER_NODEID":               "engine.nodeId",
	"ZEEBE_BROKER_CLUSTER_CLUSTERSIZE":          "engine.clusterSize",
	"ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT":      "engine.partitions",
	"ZEEBE_BROKER_CLUSTER_REPLICATIONFACTOR":    "engine.replicationFactor",
	"ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS": "engine.initialContactPoints",
	"ZEEBE_BROKER_CLUSTER_CLUSTERNAME":          "engine.clusterId",
}
