package actuator

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/payhub/payhub/engine/backup"
)

// shelf has backup 7; 8 may be made.
type shelf struct{ broken bool }

func (s shelf) Create(_ context.Context, id int64) error {
	switch {
	case s.broken:
		return errors.New("broken")
	case id <= 7:
		return backup.Refuse(backup.Conflict, "backup 7 exists")
	}
	return nil
}

func (s shelf) Status(_ context.Context, id int64) (backup.Status, error) {
	if id != 7 {
		return backup.Status{}, backup.Refuse(backup.Unknown, "backup %d does not exist", id)
	}
	return backup.Status{ID: 7, State: backup.Completed, Details: []backup.PartitionStatus{{Partition: 1, State: backup.Completed, CheckpointPosition: 42}}}, nil
}

func (s shelf) List(ctx context.Context) ([]backup.Status, error) {
	one, err := s.Status(ctx, 7)
	return []backup.Status{one}, err
}

func (s shelf) Delete(_ context.Context, id int64) error {
	switch id {
	case 7:
		return nil
	case 9:
		return backup.Refuse(backup.Conflict, "backup 9 is being made")
	}
	return backup.Refuse(backup.Unknown, "backup %d does not exist", id)
}

func TestBackupsAreServedAsZeebeServesThem(t *testing.T) {
	for _, c := range []struct {
		backups      Backups
		method, path string
		body         string
		code         int
		want         string
	}{
		{shelf{}, "POST", "", `{"backupId": 8}`, 202, `{"message":"backup 8 is begun; GET /actuator/`},
		{shelf{}, "POST", "", `{"backupId": "8"}`, 202, `backup 8 is begun`},
		{shelf{}, "POST", "/8", "", 202, `backup 8 is begun`},
		{shelf{}, "POST", "", `{"backupId": 7}`, 409, `{"message":"backup 7 exists"}`},
		{shelf{}, "POST", "", `{"backupId": -1}`, 400, `is no id of a backup`},
		{shelf{}, "POST", "", `{"backupId": 1.5}`, 400, `is no id of a backup`},
		{shelf{}, "POST", "", `{}`, 400, `the body must be {\"backupId\": NUMBER}`},
		{shelf{}, "POST", "", `x`, 400, `the body must be`},
		{shelf{broken: true}, "POST", "", `{"backupId": 8}`, 500, `broken`},
		{nil, "POST", "", `{"backupId": 8}`, 503, `does not run yet`},
		{shelf{}, "GET", "", "", 200, `[{"backupId":7,"state":"COMPLETED","details":[{"partitionId":1,"state":"COMPLETED","checkpointPosition":42,"brokerId":0}]}]`},
		{shelf{}, "GET", "/7", "", 200, `{"backupId":7,"state":"COMPLETED"`},
		{shelf{}, "GET", "/8", "", 404, `{"message":"backup 8 does not exist"}`},
		{shelf{}, "GET", "/x", "", 400, `is no id of a backup`},
		{shelf{}, "DELETE", "/7", "", 204, ``},
		{shelf{}, "DELETE", "/8", "", 404, `does not exist`},
		{shelf{}, "DELETE", "/9", "", 409, `is being made`},
	} {
		mux := http.NewServeMux()
		HandleBackups(mux, func() Backups { return c.backups })
		for _, base := range []string{"/actuator/backupRuntime", "/actuator/backups"} {
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, httptest.NewRequest(c.method, base+c.path, strings.NewReader(c.body)))
			if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
				t.Errorf("%s %s%s %s: %d %s; want %d %s", c.method, base, c.path, c.body, w.Code, w.Body, c.code, c.want)
			}
		}
	}
}
