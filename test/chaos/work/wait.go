package work

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/test/chaos/history"
)

//go:embed flows/*.bpmn
var files embed.FS

// resources are the flows of instances that wait.
func resources() (all []sdk.Resource, err error) {
	entries, err := files.ReadDir("flows")
	for _, e := range entries {
		text, failed := files.ReadFile(path.Join("flows", e.Name()))
		err = errors.Join(err, failed)
		all = append(all, sdk.Resource{Name: e.Name(), Content: text})
	}
	return all, err
}

// deployWithin is how long the flows may take to be deployed at the start.
const deployWithin = 20 * time.Second

// Deploy deploys the flows of instances that wait.
func (d *Doors) Deploy(ctx context.Context) error {
	all, err := resources()
	if err != nil {
		return err
	}
	for end := time.Now().Add(deployWithin); ; {
		once, cancel := context.WithTimeout(ctx, answerWithin)
		_, err := d.All[0].Client.Deploy(once, all...)
		cancel()
		if err == nil || time.Now().After(end) || !rest(ctx, 100*time.Millisecond) {
			return err
		}
	}
}

// told is what a worker is told of an instance.
type told struct {
	Key string `json:"key"`
}

// Workers serve the jobs of instances that wait: they write down that the job came.
func (d *Doors) Workers() (all []sdk.Handler) {
	for jobType, w := range map[string]history.Work{"chaos.timer": history.Timer, "chaos.message": history.Message, "chaos.start": history.Start} {
		all = append(all, sdk.Handle(jobType, func(_ context.Context, job sdk.Job[told]) sdk.Outcome[struct{}] {
			d.journal.Write(history.Note{
				What: history.Job, Work: w, Key: job.Variables.Key, Instance: job.ProcessInstanceKey, JobKey: job.Key, JobType: jobType,
			})
			return sdk.Done(struct{}{})
		}, sdk.Lease(8*time.Second)))
	}
	return all
}

// onceOf names an instance that waits.
func onceOf(w history.Work, key string) sdk.OnceKey {
	return sdk.OnceKey{Tenant: "chaos", API: string(w), Key: key}
}

// Begin starts an instance that waits, once, at any node, until it is acknowledged.
func (d *Doors) Begin(ctx context.Context, dice *rand.Rand, w history.Work, key string, delay time.Duration) {
	once := sdk.Once{OnceKey: onceOf(w, key), BodyHash: []byte{1}, ProcessID: "chaos-" + string(w), Variables: map[string]any{
		"key": key, "delay": fmt.Sprintf("PT%.3fS", delay.Seconds()),
	}}
	for ctx.Err() == nil {
		door := d.pick(dice)
		n := history.Note{What: history.Sent, Work: w, Node: door.Node, Key: key, Delay: delay}
		d.journal.Write(n)
		asked, cancel := context.WithTimeout(ctx, answerWithin)
		instance, _, err := door.Client.CreateOnce(asked, once)
		cancel()
		if err == nil {
			n.What, n.Instance = history.Answered, instance.Key
			d.journal.Write(n)
			return
		}
		n.What, n.Detail = history.Lost, err.Error()
		d.journal.Write(n)
		rest(ctx, retryPause)
	}
}

// messageLife is how long a message is kept: longer than any run waits for it.
const messageLife = time.Hour

// Tell publishes the message of a key, once, at any node, until it is acknowledged.
func (d *Doors) Tell(ctx context.Context, dice *rand.Rand, w history.Work, key string) {
	for ctx.Err() == nil {
		door := d.pick(dice)
		n := history.Note{What: history.Publish, Work: w, Node: door.Node, Key: key}
		d.journal.Write(n)
		asked, cancel := context.WithTimeout(ctx, answerWithin)
		err := door.Client.Publish(asked, sdk.Message{
			Name: "chaos-" + string(w), CorrelationKey: key, ID: key, TimeToLive: messageLife, Variables: told{Key: key},
		})
		cancel()
		if err == nil || status.Code(err) == codes.AlreadyExists { // an earlier attempt got through
			n.What = history.Published
			d.journal.Write(n)
			return
		}
		n.What, n.Detail = history.Lost, err.Error()
		d.journal.Write(n)
		rest(ctx, retryPause)
	}
}

// Look asks for the state of an instance that waits; false when no answer came.
func (d *Doors) Look(ctx context.Context, door *Door, w history.Work, key string) (state string, answered bool) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	view, err := door.Client.Lookup(ctx, onceOf(w, key))
	switch {
	case errors.Is(err, sdk.ErrNotFound):
		state = "NOT_FOUND"
	case err != nil:
		return "", false
	case view.Completed:
		state = "COMPLETED"
	case view.Ended:
		state = "TERMINATED"
	case view.Stuck:
		state = "STUCK"
	default:
		state = "ACTIVE"
	}
	d.journal.Write(history.Note{What: history.Polled, Work: w, Node: door.Node, Key: key, State: state, Instance: view.Key})
	return state, true
}
