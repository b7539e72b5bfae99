package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/payhub/payhub/engine/enginepb"
	"github.com/payhub/payhub/engine/gatewaypb"
	"github.com/payhub/payhub/internal/config"
	"github.com/spf13/cobra"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// result is what one command line came to.
type result struct {
	code     int
	out, err string
}

// payhub runs one command line.
func payhub(environ []string, args ...string) result {
	var out, errs bytes.Buffer
	code := execute(context.Background(), args, terminal{In: strings.NewReader(""), Out: &out, Err: &errs, Environ: environ})
	return result{code, out.String(), errs.String()}
}

// fakeGateway answers a few calls, so that commands have somebody to talk to.
type fakeGateway struct {
	gatewaypb.UnimplementedGatewayServer
	enginepb.UnimplementedEngineServer
}

func (fakeGateway) Topology(context.Context, *gatewaypb.TopologyRequest) (*gatewaypb.TopologyResponse, error) {
	return &gatewaypb.TopologyResponse{
		ClusterSize: 1, PartitionsCount: 1, ReplicationFactor: 1, GatewayVersion: "8.9.0",
		Brokers: []*gatewaypb.BrokerInfo{{NodeId: 0, Host: "127.0.0.1", Port: 26501, Partitions: []*gatewaypb.Partition{{PartitionId: 1}}}},
	}, nil
}

func (fakeGateway) CompleteJob(_ context.Context, r *gatewaypb.CompleteJobRequest) (*gatewaypb.CompleteJobResponse, error) {
	if r.GetJobKey() != 5 {
		return nil, status.Error(codes.NotFound, "no such job was found")
	}
	return &gatewaypb.CompleteJobResponse{}, nil
}

func (fakeGateway) DeployResource(_ context.Context, r *gatewaypb.DeployResourceRequest) (*gatewaypb.DeployResourceResponse, error) {
	id := strings.TrimSpace(string(r.GetResources()[0].GetContent()))
	return &gatewaypb.DeployResourceResponse{Key: 1, Deployments: []*gatewaypb.Deployment{{Metadata: &gatewaypb.Deployment_Process{
		Process: &gatewaypb.ProcessMetadata{BpmnProcessId: id, Version: 1, ProcessDefinitionKey: 2, ResourceName: r.GetResources()[0].GetName()},
	}}}}, nil
}

// startGateway gives the address of a fake gateway.
func startGateway(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	gatewaypb.RegisterGatewayServer(server, fakeGateway{})
	enginepb.RegisterEngineServer(server, fakeGateway{})
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

func TestCommandsAgainstAGateway(t *testing.T) {
	address := startGateway(t)
	model := filepath.Join(t.TempDir(), "flow-DFSPID.bpmn")
	if err := os.WriteFile(model, []byte("flow-DFSPID"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"topology", 0, "127.0.0.1:26501  1          leader"},
		{"topology -o json", 0, `"partitionId": 1`},
		{"job complete 5", 0, "job complete 5: done"},
		{"job complete 6", 1, "payhub: job complete: no such job was found"},
		{"job complete x", 2, `payhub: job complete: "x" is no key (a key is a number such as`},
		{"job complete 5 --vars []", 2, "the variables are no JSON object"},
		{"job fail 5", 1, "payhub: job fail: not available in this version"},
		{"deploy " + model + " --dfsp greenbank", 0, "flow-greenbank  1        2    flow-DFSPID.bpmn"},
		{"deploy " + filepath.Dir(model) + "/none", 2, "payhub: deploy: "},
	} {
		r := payhub(nil, append(strings.Fields(c.args), "--address", address)...)
		if r.code != c.code || !strings.Contains(r.out+r.err, c.want) {
			t.Errorf("payhub %s: exit code %d, want %d; output:\n%s%s\nwant in it: %s", c.args, r.code, c.code, r.out, r.err, c.want)
		}
	}
}

func TestCommandLinesThatAreWrongOrReachNobody(t *testing.T) {
	for _, c := range []struct {
		environ []string
		args    string
		code    int
		want    string
	}{
		{nil, "transferr", 2, `payhub: there is no command "transferr" (did you mean payhub transfer?)`},
		{nil, "topology --addres x", 2, "payhub: topology: unknown flag: --addres (the nearest is --address; see payhub topology --help)"},
		{nil, "topology -o yaml", 2, `"yaml" is no form of output (use text or json)`},
		{nil, "topology", 3, "is not reachable"},
		{[]string{"ZEEBE_ADDRESS=127.0.0.1:9"}, "topology", 3, "127.0.0.1:9 is not reachable"},
		{[]string{"ZEEBE_ADDRESS=127.0.0.1:9", "PAYHUB_ADDRESS=127.0.0.1:19"}, "topology", 3, "127.0.0.1:19 is not reachable"},
		{nil, "transfer list --http-address 127.0.0.1:9", 3, "the HTTP API at 127.0.0.1:9 is not reachable"},
		{nil, "dmn x.dmn --decision d", 1, "payhub: dmn: not available in this version"},
		{nil, "backup take", 2, "there is no command \"take\""},
		{nil, "backup list --management-address 127.0.0.1:9", 3, "the management listener at 127.0.0.1:9 is not reachable"},
		{nil, "backup restore --from x", 2, "--from, --backup and --data are needed"},
		{nil, "transfer create --payer 1 --payee 2 --currency USD", 2, "--amount is missing"},
		{nil, "dev --temporary --data x", 2, "exclude each other"},
		{nil, "server --http-listen 0.0.0.0:1", 2, "gateway.security.mode"},
		{nil, "server --roles [gateway]", 1, "a gateway alone is not built yet"},
		{nil, "server --gateway.security.mode oidc", 1, "oidc is not built yet"},
		{[]string{"PAYHUB_TYPO=1"}, "config show", 2, "unknown variable PAYHUB_TYPO"},
		{[]string{"PAYHUB_ROLES=[hub]"}, "config show", 0, "environment PAYHUB_ROLES"},
		{nil, "version -o json", 0, `"version"`},
		{nil, "completion bash", 0, "bash completion"},
	} {
		args := strings.Fields(c.args)
		if len(c.environ) == 0 && args[0] == "topology" && len(args) == 1 {
			args = append(args, "--address", "127.0.0.1:9")
		}
		r := payhub(c.environ, args...)
		if r.code != c.code || !strings.Contains(r.out+r.err, c.want) {
			t.Errorf("payhub %s: exit code %d, want %d; output:\n%s%s\nwant in it: %s", c.args, r.code, c.code, r.out, r.err, c.want)
		}
	}
}

func TestEveryCommandHasAnExample(t *testing.T) {
	a := &app{}
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Example == "" && c.Name() != "help" && c.Name() != "completion" && (c.Parent() == nil || c.Parent().Name() != "completion") {
			t.Errorf("%s has no example in its help", c.CommandPath())
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(a.root())
}

func TestRefusalsOfTheHTTPAPIAreWorded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"errorCategory":"BusinessRule","errorCode":"x","errorDescription":"this id belongs to another payment"}`)
	}))
	defer server.Close()
	r := payhub(nil, strings.Fields("transfer create --payer 1 --payee 2 --amount 1 --currency USD --http-address "+server.URL)...)
	if r.code != 1 || r.err != "payhub: transfer create: this id belongs to another payment (HTTP 409)\n" {
		t.Errorf("%d %q", r.code, r.err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// runNode runs a node with a fake part on free ports, and gives its addresses.
func runNode(t *testing.T, ctx context.Context, start func(context.Context, *node) error) (addresses map[string]string, ended chan error) {
	t.Helper()
	loaded, err := config.Load(config.Sources{Defaults: map[string]any{
		"grpc.listen": "127.0.0.1:0", "http.listen": "127.0.0.1:0", "management.listen": "127.0.0.1:0",
	}})
	if err != nil {
		t.Fatal(err)
	}
	file, ended := filepath.Join(t.TempDir(), "addresses.json"), make(chan error, 1)
	var log bytes.Buffer
	go func() { ended <- newNode(loaded, newLog(&log, loaded.Log)).run(ctx, file, start) }()
	for range 500 {
		if text, err := os.ReadFile(file); err == nil {
			if err := json.Unmarshal(text, &addresses); err != nil {
				t.Fatal(err)
			}
			return addresses, ended
		}
		select {
		case err := <-ended:
			ended <- err
			return nil, ended
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("the node did not become ready")
	return nil, nil
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	var body bytes.Buffer
	body.ReadFrom(response.Body)
	return response.StatusCode, body.String()
}

func TestANodeIsReadyWhenItsPartsAreAndEndsThemInReverse(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var ended []string
	broken := make(chan error, 1)
	addresses, done := runNode(t, ctx, func(_ context.Context, n *node) error {
		for _, part := range []string{"first", "second"} {
			n.onStop(part, func(context.Context) error { ended = append(ended, part); return nil })
		}
		n.onReady("part", func() error {
			select {
			case err := <-broken:
				broken <- err
				return err
			default:
				return nil
			}
		})
		return nil
	})
	management := "http://" + addresses[listenManagement]
	if code, body := get(t, management+"/health/ready"); code != 200 {
		t.Errorf("ready: %d %s", code, body)
	}
	if code, body := get(t, management+"/metrics"); code != 200 || !strings.Contains(body, "go_goroutines") {
		t.Errorf("metrics: %d %s", code, body)
	}
	broken <- errors.New("no leader")
	if code, body := get(t, management+"/health/ready"); code != 503 || !strings.Contains(body, "part: no leader") {
		t.Errorf("not ready: %d %s", code, body)
	}
	if code, _ := get(t, management+"/health/live"); code != 200 {
		t.Errorf("live: %d", code)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if strings.Join(ended, " ") != "second first" {
		t.Errorf("parts ended as %v", ended)
	}
}

// A caller that never ends its request does not hold up the end: the parts that come after the
// listener need the time.
func TestASlowCallerDoesNotHoldUpTheEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	addresses, done := runNode(t, ctx, func(_ context.Context, n *node) error {
		n.serveHTTP(listenHTTP, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) }))
		return nil
	})
	caller, err := net.Dial("tcp", addresses[listenHTTP])
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	if _, err := io.WriteString(caller, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // the request is under way
	asked := time.Now()
	cancel()
	if err := <-done; err != nil {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(asked); took > requestDrain+time.Second {
		t.Errorf("the end took %s, want %s for the caller and hardly more", took, requestDrain)
	}
}

func TestAFatalErrorEndsTheNode(t *testing.T) {
	var running *node
	_, done := runNode(t, context.Background(), func(_ context.Context, n *node) error { running = n; return nil })
	running.fail(errors.New("fsync failed"))
	if err := <-done; err == nil || !strings.Contains(err.Error(), "fsync failed") {
		t.Errorf("it ended with %v", err)
	}
}

func TestAUsedPortNamesItsOwner(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	err = listeners{}.bind(listenHTTP, listener.Addr().String())
	want := fmt.Sprintf("the port is in use by process %d (", os.Getpid())
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "--http-listen; port 0 takes a free one") {
		t.Errorf("the error is %v, want in it: %s", err, want)
	}
}

func TestLogsMaskPersonalData(t *testing.T) {
	var out bytes.Buffer
	newLog(&out, config.Log{Level: "info", Format: "json"}).Info("paid by 27710101999", "payer", "27710101999", "processInstanceKey", "2251799813685249")
	if strings.Contains(out.String(), "27710101999") || !strings.Contains(out.String(), "2251799813685249") {
		t.Errorf("the log line is %s", out.String())
	}
}
