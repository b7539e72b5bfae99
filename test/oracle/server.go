package oracle

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/payhub/payhub/engine/coretest"
)

// ErrAbsent is returned by Start where no Zeebe is there to compare with.
var ErrAbsent = errors.New("no Zeebe to compare with: set PAYHUB_ORACLE to the program that runs it")

// Server is a running Zeebe engine.
type Server struct {
	GRPC    string // address of the gateway
	control string // base URL
	process *exec.Cmd
}

// Program returns the path of the program that runs Zeebe, for a repository at root.
func Program(root string) string {
	if path := os.Getenv("PAYHUB_ORACLE"); path != "" {
		return path
	}
	return filepath.Join(root, "..", "shared", "oracle", "run")
}

// Start starts Zeebe's engine on two free ports and waits until it serves; ErrAbsent if the program is not there.
func Start(program string) (*Server, error) {
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("%w (looked at %s)", ErrAbsent, program)
	}
	grpc, err := freePort()
	if err != nil {
		return nil, err
	}
	control, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{
		GRPC: net.JoinHostPort("127.0.0.1", grpc), control: "http://" + net.JoinHostPort("127.0.0.1", control),
		process: exec.Command(program, "engine", grpc, control),
	}
	s.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	ready := make(chan error, 1)
	go func() { ready <- waitReady(out) }()
	select {
	case err = <-ready:
	case <-time.After(3 * time.Minute): // the first start may fetch what it needs
		err = errors.New("not ready after 3 minutes")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", program, err), s.Close())
	}
	return s, nil
}

func waitReady(out io.Reader) error {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "READY") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
			return nil
		}
	}
	return errors.New("ended before it was ready")
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// Close stops the engine.
func (s *Server) Close() error {
	err := s.process.Process.Kill()
	_ = s.process.Wait() // it ends with the signal we sent: no news
	http.DefaultClient.CloseIdleConnections()
	return err
}

// Advance moves the engine's clock forward and waits until what became due is done.
func (s *Server) Advance(by time.Duration) error {
	if err := s.post("/clock", by.Milliseconds()); err != nil {
		return err
	}
	if err := s.Idle(); err != nil {
		return err
	}
	// The engine looks for what is due on a timer of its own: it may have been idle only because it had not looked yet.
	time.Sleep(100 * time.Millisecond)
	return s.Idle()
}

// Idle waits until the engine has nothing left to do.
func (s *Server) Idle() error { return s.post("/idle", 10_000) }

func (s *Server) post(path string, n int64) error {
	answer, err := http.Post(fmt.Sprintf("%s%s?ms=%d", s.control, path, n), "", nil)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s: %s: %s", path, answer.Status, text)
	}
	return nil
}

// Records returns the records from an index on.
func (s *Server) Records(from int) ([]coretest.Record, error) {
	answer, err := http.Get(fmt.Sprintf("%s/records?from=%d", s.control, from))
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	decoder := json.NewDecoder(answer.Body)
	decoder.UseNumber()
	var out []coretest.Record
	for {
		var r coretest.Record
		switch err := decoder.Decode(&r); {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, err
		}
		out = append(out, r)
	}
}
