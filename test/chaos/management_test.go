package chaos

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/payhub/payhub/test/chaos/fleet"
)

// manage makes a call of a node's management listener; the answer is read as JSON if into is given.
func (a *arena) manage(n *fleet.Node, method, path string, body, into any) (status int, err error) {
	text, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(a.ctx, method, "http://"+n.Management+path, bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Timeout: 15 * time.Second}).Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return response.StatusCode, err
	case response.StatusCode >= 300:
		return response.StatusCode, fmt.Errorf("%s %s at node %d: %d %s", method, path, n.ID, response.StatusCode, bytes.TrimSpace(answer))
	case into != nil:
		err = json.Unmarshal(answer, into)
	}
	return response.StatusCode, err
}

// serves skips the test when this payhub does not have a call of the management yet.
func (a *arena) serves(path string) {
	a.Helper()
	if status, _ := a.manage(a.cluster.Nodes[0], http.MethodGet, path, nil, nil); status == http.StatusNotFound {
		a.Skipf("this payhub does not serve %s", path)
	}
}

// clusterView is what GET /actuator/cluster says, as far as it is needed here.
type clusterView struct {
	Version int64
	Brokers []struct {
		ID         int
		State      string
		Partitions []struct {
			ID    int
			State string
		}
	}
	LastChange    *struct{ Status string }
	PendingChange *struct{ Status string }
}

// changed asks for a change of the cluster and waits until it is done, at whichever node answers.
func (a *arena) changed(change any, within time.Duration) {
	a.Helper()
	eventually(a.T, within, fmt.Sprintf("%v is accepted", change), func() bool {
		_, err := a.manage(a.anyone(), http.MethodPatch, "/actuator/cluster", change, nil)
		return err == nil
	})
	eventually(a.T, within, fmt.Sprintf("%v is done", change), func() bool {
		var view clusterView
		_, err := a.manage(a.anyone(), http.MethodGet, "/actuator/cluster", nil, &view)
		return err == nil && view.PendingChange == nil && view.LastChange != nil && view.LastChange.Status == "COMPLETED"
	})
}

// anyone is a running node.
func (a *arena) anyone() *fleet.Node {
	running := a.cluster.Running()
	return running[a.dice.IntN(len(running))]
}
