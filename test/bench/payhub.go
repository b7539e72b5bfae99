package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// payhub is a payhub that this run started.
type payhub struct {
	*process
	bench     *bench
	command   []string
	data      string
	addresses map[string]string
	mostLog   float64 // bytes of the log on disk, at most
}

// startPayhub starts `payhub server` with engine and gateway, or `payhub dev`, on free ports, in a folder of its own.
func (b *bench) startPayhub(ctx context.Context, command ...string) (*payhub, error) {
	s, err := b.newPayhub(command...)
	if err == nil {
		_, err = s.restart(ctx)
	}
	return s, err
}

// newPayhub prepares a server that is not started yet.
func (b *bench) newPayhub(command ...string) (*payhub, error) {
	data, err := os.MkdirTemp(b.folder, command[0]+"-")
	if err != nil {
		return nil, err
	}
	if command[0] == "server" {
		command = append(command, "--roles", "[engine, gateway]", "--operations.store", "none")
	}
	return &payhub{bench: b, command: command, data: data}, nil
}

// restart starts it and says how long it took until it was ready.
func (s *payhub) restart(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	err := s.begin()
	if err == nil {
		err = s.ready(ctx)
	}
	return time.Since(began), err
}

// addressesFile is where it says where it listens, once it is ready.
func (s *payhub) addressesFile() string { return filepath.Join(s.data, "addresses.json") }

// begin starts it.
func (s *payhub) begin() error {
	file := s.addressesFile()
	if err := os.RemoveAll(file); err != nil {
		return err
	}
	arguments := append(append([]string{}, s.command...), "--addresses-file", file, "--engine.data", filepath.Join(s.data, "data"))
	for _, listener := range []string{"grpc", "http", "management", "node", "gossip"} {
		if flag := "--" + listener + "-listen"; !slices.Contains(arguments, flag) {
			arguments = append(arguments, flag, "127.0.0.1:0")
		}
	}
	var err error
	s.process, err = s.bench.start(s.bench.binary, filepath.Join(s.data, "log"), nil, arguments...)
	return err
}

// ready waits until it is.
func (s *payhub) ready(ctx context.Context) error {
	err := s.until(ctx, 5*time.Minute, "addresses file", func() bool {
		text, err := os.ReadFile(s.addressesFile())
		return err == nil && json.Unmarshal(text, &s.addresses) == nil
	})
	if err != nil {
		s.stop(syscall.SIGKILL)
	}
	return err
}

// end stops it and deletes its data.
func (s *payhub) end() {
	s.stop(syscall.SIGTERM)
	os.RemoveAll(s.data)
}

// metrics reads every figure of the management listener, labels left off and their values summed.
func (s *payhub) metrics(ctx context.Context) (map[string]float64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addresses["management"]+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	figures := map[string]float64{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] == "#" {
			continue
		}
		name, _, _ := strings.Cut(fields[0], "{")
		if v, err := strconv.ParseFloat(fields[len(fields)-1], 64); err == nil {
			figures[name] += v
		}
	}
	return figures, nil
}

// keepProfile writes a CPU profile of the next seconds into the current folder.
func (s *payhub) keepProfile(name string, window time.Duration) {
	file := "bench-" + name + ".prof"
	answer, err := http.Get(fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.addresses["management"], int(window.Seconds())))
	if err != nil {
		s.bench.say("profile: %v", err)
		return
	}
	defer answer.Body.Close()
	out, err := os.Create(file)
	if err == nil {
		_, err = io.Copy(out, answer.Body)
		err = errors.Join(err, out.Close())
	}
	if err != nil {
		s.bench.say("profile: %v", err)
		return
	}
	s.bench.say("profile of the server: %s", file)
}
