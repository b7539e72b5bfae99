package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPartitions is what the 13 bits of a key leave for partitions, which count from 1.
const maxPartitions = 8191

// minHeartbeat is the shortest time after which a leader is given up: below it, a pause of the
// garbage collector or the disk would cost the leadership.
const minHeartbeat = 20 * time.Millisecond

// validate refuses what cannot run. Every error names the key, where its value came from, and
// the cure.
func (l *Loaded) validate() error {
	var wrong []error
	refuse := func(key, format string, args ...any) {
		wrong = append(wrong, fmt.Errorf("%s (from %s) "+format, append([]any{key, l.origin[key]}, args...)...))
	}
	e := &l.Engine
	atLeast := func(key string, have, least int) {
		if have < least {
			refuse(key, "is %d: must be at least %d", have, least)
		}
	}
	atLeast("engine.nodeId", e.NodeID, 0)
	atLeast("engine.clusterSize", e.ClusterSize, 1)
	atLeast("engine.partitions", e.Partitions, 1)
	atLeast("engine.replicationFactor", e.ReplicationFactor, 1)
	if e.Partitions > maxPartitions {
		refuse("engine.partitions", "is %d: a key has room for %d", e.Partitions, maxPartitions)
	}
	if e.NodeID >= e.ClusterSize {
		refuse("engine.nodeId", "is %d: nodes of a cluster of %d are numbered 0 to %d", e.NodeID, e.ClusterSize, e.ClusterSize-1)
	}
	if e.ReplicationFactor > e.ClusterSize {
		refuse("engine.replicationFactor", "is %d: a cluster of %d nodes has no more copies than nodes", e.ReplicationFactor, e.ClusterSize)
	}
	if e.Data == "" {
		refuse("engine.data", "is empty: name a folder")
	}
	if e.Flush.Interval <= 0 {
		refuse("engine.flush.interval", "is %s: must be more than 0", e.Flush)
	}
	if e.Idempotency.Retention <= 0 {
		refuse("engine.idempotency.retention", "is %s: must be more than 0", e.Idempotency.Retention)
	}
	if e.Snapshot.Interval <= 0 {
		refuse("engine.snapshot.interval", "is %s: must be more than 0", e.Snapshot)
	}
	if e.ClusterID == "" || strings.ContainsAny(e.ClusterID, " \t\r\n/") {
		refuse("engine.clusterId", "is %q: must be a name without blanks or slashes", e.ClusterID)
	}
	if e.Heartbeat < minHeartbeat {
		refuse("engine.heartbeat", "is %s: must be at least %s", e.Heartbeat, minHeartbeat)
	}
	atLeast("engine.disk.minFreeMiB", e.Disk.MinFreeMiB, 1)
	l.validateBackup(refuse)
	l.validateChoices(refuse)
	l.validateListeners(refuse)
	l.validateSecurity(refuse)
	return errors.Join(wrong...)
}

// minBackupInterval is the shortest time between two periodic backups: each is a whole copy.
const minBackupInterval = time.Second

func (l *Loaded) validateBackup(refuse func(key, format string, args ...any)) {
	b := &l.Backup
	switch {
	case b.Interval != 0 && b.Interval < minBackupInterval:
		refuse("backup.interval", "is %s: must be 0s, or at least %s", b.Interval, minBackupInterval)
	case b.Interval > 0 && b.Store == "":
		refuse("backup.interval", "is %s, but backup.store is empty: say where backups go", b.Interval)
	}
	if b.Retention < 0 {
		refuse("backup.retention", "is %s: must not be negative", b.Retention)
	}
}

func (l *Loaded) validateChoices(refuse func(key, format string, args ...any)) {
	oneOf := func(key, have string, choices ...string) {
		if !slices.Contains(choices, have) {
			refuse(key, "is %q: must be %s", have, strings.Join(choices, ", "))
		}
	}
	oneOf("gateway.security.mode", l.Gateway.Security.Mode, "none", "oidc", "mtls")
	oneOf("log.level", l.Log.Level, "debug", "info", "warn", "error")
	oneOf("log.format", l.Log.Format, "text", "json")
	if len(l.Roles) == 0 {
		refuse("roles", "is empty: a process without a role does nothing")
	}
	for _, role := range l.Roles {
		oneOf("roles", role, "engine", "gateway", "hub", "connectors")
	}
	store := l.Operations.Store
	if store != "sqlite" && store != "none" && !strings.HasPrefix(store, "postgres://") {
		refuse("operations.store", "is %q: must be sqlite, none or begin with postgres://", maskURL(store))
	}
	if store == "sqlite" && l.Engine.ClusterSize > 1 {
		refuse("operations.store", "is sqlite, which serves one node: a cluster needs postgres://… or none")
	}
	for i, exporter := range l.Exporters {
		if kind, _ := exporter["kind"].(string); kind == "" {
			refuse("exporters", "entry %d has no kind: write {kind: file, …}", i+1)
		}
	}
	seen := map[string]bool{}
	for _, tenant := range l.Hub.Tenants {
		if tenant == "" || seen[tenant] {
			refuse("hub.tenants", "has %q twice or an empty name", tenant)
		}
		seen[tenant] = true
	}
}

// validateListeners checks the addresses, and that without security everything listens on
// loopback: an open port would let everybody move money.
func (l *Loaded) validateListeners(refuse func(key, format string, args ...any)) {
	listeners := []struct{ key, address string }{
		{"grpc.listen", l.GRPC.Listen},
		{"http.listen", l.HTTP.Listen},
		{"management.listen", l.Management.Listen},
		{"node.listen", l.Node.Listen},
		{"gossip.listen", l.Gossip.Listen},
		{"scheme.listen", l.Scheme.Listen},
	}
	several := l.Engine.ClusterSize > 1 || len(l.Engine.InitialContactPoints) > 0
	for _, listener := range listeners {
		if listener.address == "" {
			continue
		}
		host, port, err := net.SplitHostPort(listener.address)
		if n, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || n > 65535 {
			refuse(listener.key, "is %q: must be host:port, such as 127.0.0.1:8080", listener.address)
			continue
		}
		if isLoopback(host) {
			continue
		}
		if l.Gateway.Security.Mode == "none" {
			refuse(listener.key, "is %q, which others can reach, while gateway.security.mode is none: listen on 127.0.0.1, or set gateway.security.mode to oidc or mtls", listener.address)
		}
		if listener.key == "node.listen" && several && !l.Node.Security.On() && l.Engine.Secret == "" {
			refuse(listener.key, "is %q, which others can reach, and nodes do not prove who they are: name node.security.cert, key and ca, or set engine.secret", listener.address)
		}
		if listener.key == "gossip.listen" && several && len(l.Gossip.Keys) == 0 {
			refuse(listener.key, "is %q, which others can reach, and gossip is not encrypted: set gossip.keys", listener.address)
		}
	}
}

// validateSecurity checks that certificates are named as a whole, and keys that can be read.
func (l *Loaded) validateSecurity(refuse func(key, format string, args ...any)) {
	if n := l.Node.Security; n.On() && (n.Cert == "" || n.Key == "" || n.CA == "") {
		refuse("node.security.cert", "is %q, node.security.key %q, node.security.ca %q: name all three files or none", n.Cert, n.Key, n.CA)
	}
	if g := l.Gateway.Security; g.Mode == "mtls" && (g.Cert == "" || g.Key == "" || g.CA == "") {
		refuse("gateway.security.mode", "is mtls, which needs gateway.security.cert, key and ca")
	}
	switch h := l.Hub.Security; {
	case (h.Cert == "") != (h.Key == ""):
		refuse("hub.security.cert", "is %q and hub.security.key is %q: a certificate and its key belong together", h.Cert, h.Key)
	case h.On() && l.Hub.Gateway == "":
		refuse("hub.security.ca", "is for the gateway that hub.gateway names, which is empty: name it, or remove hub.security; the gateway in this process is called with gateway.security")
	}
	for i, key := range l.Gossip.Keys {
		raw, err := base64.StdEncoding.DecodeString(key)
		if n := len(raw); err != nil || n != 16 && n != 24 && n != 32 {
			refuse("gossip.keys", "has an entry %d that is not base64 of 16, 24 or 32 bytes (openssl rand -base64 32 makes one)", i+1)
		}
	}
}

// isLoopback tells whether only this machine reaches a listener on the host. A name other than
// localhost is taken as reachable: it may resolve to anything later.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}
