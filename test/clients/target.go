package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/payhub/payhub/engine/enginepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// target is the gateway that the clients talk to.
type target struct {
	address string
	// incident finds the key of an instance's open incident, which no client can ask for.
	incident func(instance string) (string, error)
	stop     func()
}

// startTarget starts what was asked for, or takes what runs.
func startTarget(what, home string) (*target, error) {
	switch what {
	case "oracle":
		return startOracle(filepath.Join(home, "..", "..", "..", "shared", "oracle", "run"))
	case "payhub":
		return startPayhub(filepath.Join(home, "..", ".."))
	}
	return &target{address: what, incident: lookupIncident(what), stop: func() {}}, nil
}

// startOracle starts the real Zeebe in memory.
func startOracle(run string) (*target, error) {
	if _, err := os.Stat(run); err != nil {
		return nil, fmt.Errorf("the oracle is absent (expected beside the repository): %w", err)
	}
	grpcPort, controlPort, err := twoPorts()
	if err != nil {
		return nil, err
	}
	command := exec.Command(run, "engine", grpcPort, controlPort)
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	stop := func() { endProcess(command) }
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if len(lines.Text()) > 5 && lines.Text()[:5] == "READY" {
			return &target{address: "127.0.0.1:" + grpcPort, incident: recordedIncident("127.0.0.1:" + controlPort), stop: stop}, nil
		}
	}
	stop()
	return nil, fmt.Errorf("the oracle ended before it was ready")
}

// startPayhub starts the binary in $PAYHUB_BIN, default bin/payhub, with a folder of its own.
func startPayhub(root string) (*target, error) {
	binary := os.Getenv("PAYHUB_BIN")
	if binary == "" {
		binary = filepath.Join(root, "bin", "payhub")
	}
	data, err := os.MkdirTemp("", "payhub-clients-data-")
	if err != nil {
		return nil, err
	}
	addresses := filepath.Join(data, "addresses.json")
	command := exec.Command(binary, "server", "--engine.data", filepath.Join(data, "data"), "--roles", "[engine, gateway]", "--addresses-file", addresses,
		"--grpc-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0", "--node-listen", "127.0.0.1:0", "--gossip-listen", "127.0.0.1:0")
	command.Stderr = os.Stderr
	command.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "PAYHUB_BIN=") // it would be an unknown setting
	})
	stop := func() {
		endProcess(command)
		_ = os.RemoveAll(data)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("%w (make build makes it)", err)
	}
	address, err := boundAddress(addresses)
	if err != nil {
		stop()
		return nil, fmt.Errorf("%s server: %w", binary, err)
	}
	return &target{address: address, incident: lookupIncident(address), stop: stop}, nil
}

// boundAddress waits for the file that a payhub writes once it serves.
func boundAddress(file string) (string, error) {
	for range 300 {
		var bound struct{ GRPC string }
		if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &bound) == nil && bound.GRPC != "" {
			return bound.GRPC, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "", errors.New("it was not ready within 30 s")
}

// endProcess ends a process that was started here.
func endProcess(command *exec.Cmd) {
	_ = command.Process.Signal(syscall.SIGTERM)
	killer := time.AfterFunc(10*time.Second, func() { _ = command.Process.Kill() })
	defer killer.Stop()
	_ = command.Wait()
}

// twoPorts finds free ports for a program that cannot say which it took.
func twoPorts() (string, string, error) {
	var ports [2]string
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", "", err
		}
		defer listener.Close()
		ports[i] = strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	}
	return ports[0], ports[1], nil
}

// recordedIncident reads the oracle's records.
func recordedIncident(control string) func(string) (string, error) {
	return func(instance string) (string, error) {
		response, err := http.Get("http://" + control + "/records?from=0")
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		lines := bufio.NewScanner(response.Body)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var record struct {
				Key               json.Number
				ValueType, Intent string
				Value             struct{ ProcessInstanceKey json.Number }
			}
			if err := json.Unmarshal(lines.Bytes(), &record); err != nil {
				return "", err
			}
			if record.ValueType == "INCIDENT" && record.Intent == "CREATED" && record.Value.ProcessInstanceKey.String() == instance {
				return record.Key.String(), nil
			}
		}
		return "", fmt.Errorf("no such record (%v)", lines.Err())
	}
}

// lookupIncident asks payhub's own service.
func lookupIncident(address string) func(string) (string, error) {
	return func(instance string) (string, error) {
		connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return "", err
		}
		defer connection.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		key, err := strconv.ParseInt(instance, 10, 64)
		if err != nil {
			return "", err
		}
		found, err := enginepb.NewEngineClient(connection).Lookup(ctx, &enginepb.LookupRequest{By: &enginepb.LookupRequest_ProcessInstanceKey{ProcessInstanceKey: key}})
		if err != nil {
			return "", err
		}
		if len(found.GetIncidents()) == 0 {
			return "", fmt.Errorf("it has no open incident")
		}
		return strconv.FormatInt(found.GetIncidents()[0].GetKey(), 10), nil
	}
}
