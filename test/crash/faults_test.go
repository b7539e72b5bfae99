package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
)

// fault is one of /sim/faults.
type fault struct {
	Kind   string  `json:"kind"`
	Target string  `json:"target"`
	Share  float64 `json:"share"`
	Seed   uint64  `json:"seed"`
	Delay  string  `json:"delay,omitempty"`
}

// drawFaults makes account systems whose answers get lost, fail, come late and come twice.
func drawFaults(dice *rand.Rand) (faults []fault) {
	for _, operation := range []string{"hold", "credit", "book", "release"} {
		faults = append(faults,
			fault{Kind: "answer-lost-after-commit", Target: "*/" + operation, Share: 0.10, Seed: dice.Uint64()},
			fault{Kind: "duplicate-answer", Target: "*/" + operation, Share: 0.10, Seed: dice.Uint64()},
			fault{Kind: "error-5xx", Target: "*/" + operation, Share: 0.05, Seed: dice.Uint64()},
			fault{Kind: "stall", Target: "*/" + operation, Share: 0.05, Seed: dice.Uint64(), Delay: "400ms"})
	}
	return append(faults, fault{Kind: "error-5xx", Target: "*/*", Share: 0.02, Seed: dice.Uint64()})
}

// setFaults replaces the plan of faults.
func (c *caller) setFaults(ctx context.Context, faults []fault) error {
	if faults == nil {
		faults = []fault{}
	}
	body, err := json.Marshal(map[string]any{"faults": faults})
	if err != nil {
		return err
	}
	status, answer, err := c.call(ctx, http.MethodPut, "/sim/faults", "", string(body))
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("PUT /sim/faults: %d %s", status, answer)
	}
	return err
}
