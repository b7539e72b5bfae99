package main

import (
	"os"
	"sync/atomic"

	"github.com/payhub/payhub/engine/backup"
	"github.com/payhub/payhub/engine/gateway/actuator"
	enginenode "github.com/payhub/payhub/engine/node"
)

// backupService gives the endpoints of backups the engine when it runs.
type backupService struct {
	engine atomic.Pointer[enginenode.Node]
}

// backups is nil until the engine runs.
func (s *backupService) backups() actuator.Backups {
	if engine := s.engine.Load(); engine != nil {
		return engine.Backups()
	}
	return nil
}

// backupConfig is where backups go, as the configuration says.
func (n *node) backupConfig() (c enginenode.BackupConfig, err error) {
	if n.Backup.Store == "" {
		return c, nil
	}
	c = enginenode.BackupConfig{Interval: n.Backup.Interval, Retention: n.Backup.Retention}
	if c.Store, err = backup.Open(n.Backup.Store, os.Getenv); err != nil {
		return c, failed("start", "backup.store: "+err.Error(), "")
	}
	return c, nil
}
