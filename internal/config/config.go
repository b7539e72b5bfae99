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
	Gossip     Gossip           `koanf:"gossip"`
	Scheme     Listener         `koanf:"scheme"`
	Gateway    Gateway          `koanf:"gateway"`
	Hub        Hub              `koanf:"hub"`
	Operations Operations       `koanf:"operations"`
	Backup     Backup           `koanf:"backup"`
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
	ClusterID            string   `koanf:"clusterId"`
	Zone                 string   `koanf:"zone"`
	Secret               string   `koanf:"secret"`
	Flush                Every    `koanf:"flush"`
	Snapshot             Every    `koanf:"snapshot"`
	Idempotency          Kept     `koanf:"idempotency"`
	Disk                 Disk     `koanf:"disk"`

	Heartbeat time.Duration `koanf:"heartbeat"`
}

// Disk says how much room the engine leaves on its disk.
type Disk struct {
	MinFreeMiB int `koanf:"minFreeMiB"`
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

// Peer is the listener for other nodes, with the address they are told, empty means the bound one,
// and the certificate they are shown.
type Peer struct {
	Listen    string       `koanf:"listen"`
	Advertise string       `koanf:"advertise"`
	Security  Certificates `koanf:"security"`
}

// Gossip is the listener of gossip, with the address other nodes are told, empty means the bound
// one, and the keys it is encrypted with, base64, the first for sending.
type Gossip struct {
	Listen    string   `koanf:"listen"`
	Advertise string   `koanf:"advertise"`
	Keys      []string `koanf:"keys"`
}

// Certificates are three files: a certificate, its private key, and the certificates that sign
// those of the other side. All are empty, or none.
type Certificates struct {
	Cert string `koanf:"cert"`
	Key  string `koanf:"key"`
	CA   string `koanf:"ca"`
}

// On tells whether any of the files is named.
func (c Certificates) On() bool { return c != Certificates{} }

// Backup says where backups go: a folder, or an s3:// address; empty means that there are none. One is
// made at each Interval and kept for Retention; 0 means never, and for ever.
type Backup struct {
	Store     string        `koanf:"store"`
	Interval  time.Duration `koanf:"interval"`
	Retention time.Duration `koanf:"retention"`
}

// Gateway is the part of the configuration about the gRPC gateway.
type Gateway struct {
	Security Security `koanf:"security"`
}

// Security says who may call: Mode is none, oidc or mtls. The files are those of mtls: the
// certificate that the gRPC, HTTP and management listeners show, its key, and what signs those of
// clients.
type Security struct {
	Mode string `koanf:"mode"`
	Cert string `koanf:"cert"`
	Key  string `koanf:"key"`
	CA   string `koanf:"ca"`
}

// Hub is the part of the configuration about the payment API.
type Hub struct {
	Tenants []string `koanf:"tenants"`
	Gateway string   `koanf:"gateway"`
	// Security is for calls of the gateway that Gateway names: CA alone verifies it, Cert and Key are shown to it.
	Security Certificates     `koanf:"security"`
	Peers    []map[string]any `koanf:"peers"`
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
