package actuator

import (
	"net/http"
	"strconv"

	"github.com/payhub/payhub/engine/node"
)

// RecoverRequest is the body of POST /actuator/cluster/recover: a zone, or brokers, that are lost for
// good.
type RecoverRequest struct {
	LostZone    string  `json:"lostZone,omitempty"`
	LostBrokers []int32 `json:"lostBrokers,omitempty"`
}

// Recovered is the answer to it.
type Recovered struct {
	CurrentTopology []Broker `json:"currentTopology"`
	Expected        []Broker `json:"expectedTopology"`
	// Abandoned are the disks that never come back under their names.
	Abandoned []string `json:"abandoned"`
	// Alone says for each partition that has lost its majority which server's copy it goes on with.
	Alone map[string]string `json:"alone"`
}

// recoverCluster answers POST /actuator/cluster/recover?dryRun.
func recoverCluster(_ *server, c Cluster, r *http.Request) (int, any, error) {
	var request RecoverRequest
	if err := readBody(r, &request); err != nil {
		return 0, nil, err
	}
	dryRun, err := flag(r, "dryRun")
	if err != nil {
		return 0, nil, err
	}
	return recovered(c, r, node.Loss{Zone: request.LostZone, Nodes: request.LostBrokers}, dryRun)
}

func recovered(c Cluster, r *http.Request, loss node.Loss, dryRun bool) (int, any, error) {
	done, err := c.Recover(r.Context(), loss, dryRun)
	if err != nil {
		return 0, nil, err
	}
	answer := Recovered{CurrentTopology: brokersOf(done.Now), Expected: brokersOf(done.Next), Abandoned: done.Next.Abandoned, Alone: map[string]string{}}
	for id, server := range done.Alone {
		answer.Alone[strconv.Itoa(int(id))] = server
	}
	return http.StatusAccepted, answer, nil
}
