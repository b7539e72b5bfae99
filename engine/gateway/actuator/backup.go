package actuator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/payhub/payhub/engine/backup"
)

// Backups is what the endpoints of backups need of a node. Errors are *backup.RefusedError.
type Backups interface {
	Create(ctx context.Context, id int64) error
	Status(ctx context.Context, id int64) (backup.Status, error)
	List(ctx context.Context) ([]backup.Status, error)
	Delete(ctx context.Context, id int64) error
}

// maxRequest bounds the body of a request for a backup.
const maxRequest = 64 << 10

// HandleBackups serves backups as Zeebe's management API does, under its new and its old path:
//
//	POST   /actuator/backupRuntime       {backupId}: 202 {message}, 400, 409; the number may stand in the path, as in Zeebe 8.1
//	GET    /actuator/backupRuntime       200 with all backups
//	GET    /actuator/backupRuntime/{id}  200 with the backup, 404
//	DELETE /actuator/backupRuntime/{id}  204, 404, 409 while it is being made
//
// backups gives what serves them, nil while the node does not run yet (503).
func HandleBackups(mux *http.ServeMux, backups func() Backups) {
	for _, path := range []string{"/actuator/backupRuntime", "/actuator/backups"} {
		handle := func(method, suffix string, do func(b Backups, r *http.Request) (code int, answer any, err error)) {
			mux.HandleFunc(method+" "+path+suffix, func(w http.ResponseWriter, r *http.Request) {
				serveBackups(w, r, backups(), do)
			})
		}
		handle(http.MethodPost, "", func(b Backups, r *http.Request) (int, any, error) { return createBackup(path, b, r) })
		handle(http.MethodPost, "/{id}", func(b Backups, r *http.Request) (int, any, error) { return createBackup(path, b, r) })
		handle(http.MethodGet, "", listBackups)
		handle(http.MethodGet, "/{id}", showBackup)
		handle(http.MethodDelete, "/{id}", deleteBackup)
	}
}

// serveBackups answers with what do gives.
func serveBackups(w http.ResponseWriter, r *http.Request, b Backups, do func(Backups, *http.Request) (int, any, error)) {
	code, answer, err := http.StatusServiceUnavailable, any(nil), errors.New("this node does not run yet (try again)")
	if b != nil {
		code, answer, err = do(b, r)
	}
	var refused *backup.RefusedError
	switch {
	case errors.As(err, &refused):
		code, answer = backupCodes[refused.Fault], map[string]any{"message": refused.Text}
	case err != nil && b != nil:
		code, answer = http.StatusInternalServerError, map[string]any{"message": err.Error()}
	case err != nil:
		answer = map[string]any{"message": err.Error()}
	}
	if answer == nil {
		w.WriteHeader(code)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(answer) // the caller is gone when this fails
}

var backupCodes = map[backup.Fault]int{
	backup.Invalid: http.StatusBadRequest, backup.Conflict: http.StatusConflict,
	backup.Unknown: http.StatusNotFound, backup.Unavailable: http.StatusBadGateway,
}

func createBackup(path string, b Backups, r *http.Request) (int, any, error) {
	text := r.PathValue("id")
	if text == "" {
		var body struct {
			ID json.Number `json:"backupId"`
		}
		if err := json.NewDecoder(io.LimitReader(r.Body, maxRequest)).Decode(&body); err != nil || body.ID == "" {
			return 0, nil, backup.Refuse(backup.Invalid, `the body must be {"backupId": NUMBER}`)
		}
		text = body.ID.String()
	}
	id, err := backupID(text)
	if err == nil {
		err = b.Create(r.Context(), id)
	}
	return http.StatusAccepted, map[string]any{"message": fmt.Sprintf("backup %d is begun; GET %s/%d tells how it gets on", id, path, id)}, err
}

func listBackups(b Backups, r *http.Request) (int, any, error) {
	list, err := b.List(r.Context())
	return http.StatusOK, list, err
}

func showBackup(b Backups, r *http.Request) (int, any, error) {
	id, err := backupID(r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	status, err := b.Status(r.Context(), id)
	return http.StatusOK, status, err
}

func deleteBackup(b Backups, r *http.Request) (int, any, error) {
	id, err := backupID(r.PathValue("id"))
	if err == nil {
		err = b.Delete(r.Context(), id)
	}
	return http.StatusNoContent, nil, err
}

// backupID reads a backup's number.
func backupID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, backup.Refuse(backup.Invalid, "%q is no id of a backup: it is a number from 1", text)
	}
	return id, nil
}
