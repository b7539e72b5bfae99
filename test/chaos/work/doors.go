// Package work is what clients do with a cluster while it is harmed: payments through the public API, instances that wait for
// times and messages, workers, and a probe of committed writes. Clients speak to any node, and repeat what got no answer, with
// the same key. Everything goes into the record.
package work

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"github.com/payhub/payhub/connectors/sdk"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/flows"
	"github.com/payhub/payhub/test/chaos/history"
)

// Door is the way into the cluster at one node: its gateway, and its payment API.
type Door struct {
	Node   int
	HTTP   string // http://host:port
	Client *sdk.Client
	shut   atomic.Bool
}

// Shut says whether clients stay away from this door, because its node is known to be down.
func (d *Door) Shut(yes bool) { d.shut.Store(yes) }

// Doors are the ways into a cluster. It is safe for concurrent use.
type Doors struct {
	All     []*Door
	http    http.Client
	journal *history.Journal
}

// answerWithin is how long a client waits for an answer before it asks again elsewhere.
const answerWithin = 5 * time.Second

// Address says where a node is reached.
type Address struct {
	Node       int
	GRPC, HTTP string // host:port
}

// Open connects to nodes; none needs to be there yet.
func Open(addresses []Address, j *history.Journal) (*Doors, error) {
	d := &Doors{journal: j, http: http.Client{Timeout: answerWithin, Transport: &http.Transport{
		MaxIdleConnsPerHost: 64, DialContext: (&net.Dialer{Timeout: time.Second}).DialContext,
	}}}
	for _, a := range addresses {
		client, err := sdk.Dial("passthrough:///"+a.GRPC, sdk.WithGRPC(
			grpc.WithStreamInterceptor(d.record),
			grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: time.Second, Backoff: backoff.Config{
				BaseDelay: 50 * time.Millisecond, Multiplier: 1.5, Jitter: 0.2, MaxDelay: 500 * time.Millisecond,
			}})))
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		d.All = append(d.All, &Door{Node: a.Node, HTTP: "http://" + a.HTTP, Client: client})
	}
	return d, nil
}

// Clients are the doors' gateways.
func (d *Doors) Clients() []*sdk.Client {
	clients := make([]*sdk.Client, len(d.All))
	for i, door := range d.All {
		clients[i] = door.Client
	}
	return clients
}

// Close ends all connections.
func (d *Doors) Close() error {
	d.http.CloseIdleConnections()
	var errs []error
	for _, door := range d.All {
		errs = append(errs, door.Client.Close())
	}
	return errors.Join(errs...)
}

// pick draws a door that is not shut, or any if all are.
func (d *Doors) pick(dice *rand.Rand) *Door {
	for range 4 * len(d.All) {
		if door := d.All[dice.IntN(len(d.All))]; !door.shut.Load() {
			return door
		}
	}
	return d.All[dice.IntN(len(d.All))]
}

// record is a gRPC interceptor that writes down every job that is handed out of a payment's own flow: which instance works for
// which payment.
func (d *Doors) record(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := open(ctx, desc, conn, method, options...)
	if err != nil {
		return nil, err
	}
	return &recorded{ClientStream: s, journal: d.journal}, nil
}

// recorded is a stream of jobs that is written down.
type recorded struct {
	grpc.ClientStream
	journal *history.Journal
}

// RecvMsg implements grpc.ClientStream.
func (r *recorded) RecvMsg(m any) error {
	err := r.ClientStream.RecvMsg(m)
	if err != nil {
		return err
	}
	switch m := m.(type) {
	case *gatewaypb.ActivatedJob:
		r.note(m)
	case *gatewaypb.ActivateJobsResponse:
		for _, job := range m.GetJobs() {
			r.note(job)
		}
	}
	return nil
}

func (r *recorded) note(job *gatewaypb.ActivatedJob) {
	if job.GetBpmnProcessId() != flows.LocalTransfer {
		return
	}
	var variables struct{ Request struct{ Key string } }
	if json.Unmarshal([]byte(job.GetVariables()), &variables) != nil || variables.Request.Key == "" {
		return // a job that does not say which payment it is for, such as the lookup of a party
	}
	r.journal.Write(history.Note{
		What: history.Job, Work: history.Payment, Transaction: paymentOf(variables.Request.Key),
		Instance: job.GetProcessInstanceKey(), JobKey: job.GetKey(), JobType: job.GetType(),
	})
}

// Partitions is how many partitions the cluster has, as the first gateway that answers says.
func (d *Doors) Partitions(ctx context.Context) (n int, err error) {
	for _, door := range d.All {
		asked, cancel := context.WithTimeout(ctx, answerWithin)
		answer, failed := door.Client.Gateway().Topology(asked, &gatewaypb.TopologyRequest{})
		cancel()
		if failed == nil {
			return int(answer.GetPartitionsCount()), nil
		}
		err = errors.Join(err, failed)
	}
	return 0, err
}
