package chaos

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestF32Backup takes backups of all partitions while leaders are killed. What is in them is restored and compared in the tests of
// the engine's backups; here they must be completed, or end as failed, and harm nothing.
func TestF32Backup(t *testing.T) {
	onlyLong(t)
	a := enter(t, form{settings: map[string]string{"backup.store": t.TempDir()}})
	a.serves("/actuator/backupRuntime")
	a.calm(2 * time.Second)
	completed := 0
	for i := range rounds(t, 3, 20) {
		id, n := i+1, a.leader(1+i%a.cluster.Partitions)
		if _, err := a.manage(a.anyone(), http.MethodPost, "/actuator/backupRuntime", map[string]any{"backupId": id}, nil); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			a.harm(fmt.Sprintf("kill node %d during backup %d", n.ID, id), n.Kill)
		}
		eventually(t, 30*time.Second, fmt.Sprintf("backup %d ends", id), func() bool {
			var backup struct{ State string }
			_, err := a.manage(a.anyone(), http.MethodGet, fmt.Sprintf("/actuator/backupRuntime/%d", id), nil, &backup)
			if backup.State == "COMPLETED" {
				completed++
			}
			return err == nil && backup.State != "IN_PROGRESS"
		})
		if i > 0 {
			a.restart(n)
		}
		a.calm(time.Second)
	}
	if completed == 0 {
		t.Error("no backup was completed")
	}
	a.note = fmt.Sprintf("%d backups completed", completed)
	a.settle("F32 backup under fire")
}
