// Package config is payhub's one configuration: a file, the environment and flags, laid over
// defaults, each value with its origin. A flag wins over the environment, the environment over
// the file, the file over a default. The keys are a contract with users; the table in
// settings.go is the only place that lists them.
package config

import "time"

// Config is everything that can be set. Each field's koanf tag is its key in payhub.yaml.
type Config struct {
	Engine     Engine           `koanf:"engine"`
	GRPC       Listener         `koanf:"grpc"`
	HTTP       Listener         `koanf:"http"`
	Management Listener         `koanf:"management"`
	Node       Peer             `koanf:"node"`
	Gossip     Peer             `koanf:"gossip"`
	Scheme     Listener         `koanf:"scheme"`
	Gateway    Gateway          `koanf:"gateway"`
	Hub        Hub              `koanf:"hub"`
	Operations Operations       `koanf:"operations"`
	Log        Log              `koanf:"log"`
	Roles      []string         `koanf:"roles"`
	Exporters  []map[string]any `koanf:"exporters"`
}

// Engine is the part of the configuration about the log, the state and the cluster.
type Engine struct {
	Data                 string   `koanf:"data"`
	NodeID               int      `koanf:"nodeId"`
	ClusterSize          int      `koanf:"clusterSize"`
	Partitions           int      `koanf:"partitions"`
	ReplicationFactor    int      `koanf:"replicationFactor"`
	InitialContactPoints []string `koanf:"initialContactPoints"`
	Flush                Every    `koanf:"flush"`
	Snapshot             Every    `koanf:"snapshot"`
	Idempotency          Kept     `koanf:"idempotency"`
}

// Kept is something kept for a time.
type Kept struct {
	Retention time.Duration `koanf:"retention"`
}

// Every is something done at an interval.
type Every struct {
	Interval time.Duration `koanf:"interval"`
}

// Listener is an address to serve at, host:port; empty means off, port 0 means any free port.
type Listener struct {
	Listen string `koanf:"listen"`
}

// Peer is a listener other nodes reach, with the address they are told; empty means the bound one.
type Peer struct {
	Listen    string `koanf:"listen"`
	Advertise string `koanf:"advertise"`
}

// Gateway is the part of the configuration about the gRPC gateway.
type Gateway struct {
	Security Security `koanf:"security"`
}

// Security says who may call: Mode is none, oidc or mtls.
type Security struct {
	Mode string `koanf:"mode"`
}

// Hub is the part of the configuration about the payment API.
type Hub struct {
	Tenants []string         `koanf:"tenants"`
	Gateway string           `koanf:"gateway"`
	Peers   []map[string]any `koanf:"peers"`
}

// Operations names the operations store: sqlite, a postgres:// address, or none.
type Operations struct {
	Store string `koanf:"store"`
}

// Log says how log lines look: Level is debug, info, warn or error; Format is text or json.
type Log struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// HasRole tells whether this process plays a role: engine, gateway, hub or connectors.
func (c *Config) HasRole(role string) bool {
	for _, r := range c.Roles {
		if r == role {
			return true
		}
	}
	return false
}
