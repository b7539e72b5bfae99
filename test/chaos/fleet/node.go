package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Node is one node: its place, and the process that runs it now, if one does.
type Node struct {
	ID     int
	Folder string
	// The addresses that it listens on, the same in each of its lives. Advertised is what others are told in place of NodeToNode.
	GRPC, HTTP, Management, NodeToNode, Gossip, Advertised string
	// Settings are those of this node alone, over the plan's.
	Settings map[string]string

	cluster *Cluster
	mu      sync.Mutex
	life    *life
}

// life is one process of a node.
type life struct {
	command *exec.Cmd
	ended   chan struct{} // closed at its end
	err     error         // of Wait
}

// Data is the node's data folder.
func (n *Node) Data() string { return filepath.Join(n.Folder, "data") }

func (n *Node) addressesFile() string { return filepath.Join(n.Folder, "addresses.json") }
func (n *Node) logFile() string       { return filepath.Join(n.Folder, "payhub.log") }

// Arguments is the command line of the node, without the program.
func (n *Node) Arguments() []string {
	p := n.cluster.Plan
	settings := map[string]string{
		"engine.data": n.Data(), "engine.nodeId": strconv.Itoa(n.ID), "engine.clusterSize": strconv.Itoa(p.Nodes),
		"engine.partitions": strconv.Itoa(p.Partitions), "engine.replicationFactor": strconv.Itoa(p.Factor),
		"engine.initialContactPoints": n.cluster.contactPoints(),
		"grpc.listen":                 n.GRPC, "http.listen": n.HTTP, "management.listen": n.Management,
		"node.listen": n.NodeToNode, "gossip.listen": n.Gossip,
		"operations.store": "none", "roles": "[engine, gateway, hub]",
	}
	if n.Advertised != "" {
		settings["node.advertise"] = n.Advertised
	}
	maps.Copy(settings, p.Settings)
	maps.Copy(settings, n.Settings)
	args := []string{"server", "--addresses-file", n.addressesFile()}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "--"+flagOf(key), settings[key])
	}
	return args
}

// flagOf is the flag of a setting: the key itself, except that listeners are --grpc-listen and alike.
func flagOf(key string) string {
	if strings.HasSuffix(key, ".listen") || strings.HasSuffix(key, ".advertise") {
		return strings.ReplaceAll(key, ".", "-")
	}
	return key
}

// Launch starts the node's process, and does not wait for more.
func (n *Node) Launch() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.life != nil && !n.life.over() {
		return fmt.Errorf("node %d runs already", n.ID)
	}
	if err := os.Remove(n.addressesFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	log, err := os.OpenFile(n.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	line := append(slices.Clone(n.cluster.Wrap), append([]string{n.cluster.Binary}, n.Arguments()...)...)
	line = n.cluster.Network.Enter(n.ID, line)
	c := exec.Command(line[0], line[1:]...)
	c.Stdout, c.Stderr = log, log
	c.Env = append(Environment(), n.cluster.Env...)
	c.SysProcAttr = dieWithParent()
	if err := c.Start(); err != nil {
		return fmt.Errorf("start node %d: %w", n.ID, err)
	}
	l := &life{command: c, ended: make(chan struct{})}
	n.life = l
	n.cluster.Network.Started(n.ID, c.Process.Pid)
	go func() {
		l.err = c.Wait()
		close(l.ended)
	}()
	return nil
}

// Environment is this process's without settings of payhub.
func Environment() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PAYHUB_") || strings.HasPrefix(v, "ZEEBE_") })
}

// over tells whether the process has ended.
func (l *life) over() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

func (n *Node) current() *life {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.life
}

// Running tells whether the node's process runs; a frozen one does.
func (n *Node) Running() bool {
	l := n.current()
	return l != nil && !l.over()
}

// Pid is the process id of the node's last life.
func (n *Node) Pid() int { return n.current().command.Process.Pid }

// Ready waits until the node serves.
func (n *Node) Ready(ctx context.Context) error {
	l := n.current()
	for end := time.Now().Add(readyWithin); ; {
		if _, err := os.Stat(n.addressesFile()); err == nil {
			return nil
		}
		select {
		case <-l.ended:
			return fmt.Errorf("node %d ended by itself while it started: %v\n%s", n.ID, l.err, n.LastWords())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(end) {
			return fmt.Errorf("node %d does not serve after %s: %s\n%s", n.ID, readyWithin, n.health(ctx), n.LastWords())
		}
	}
}

// health is what the node says about why it is not ready.
func (n *Node) health(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.Management+"/health/ready", nil)
	if err != nil {
		return err.Error()
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body) // as much as came
	return string(text)
}

// Kill ends the process with SIGKILL. An error says that it had ended before, by itself.
func (n *Node) Kill() error {
	l := n.current()
	if l.over() {
		return fmt.Errorf("node %d had ended by itself: %v\n%s", n.ID, l.err, n.LastWords())
	}
	_ = l.command.Process.Kill() // it ends by this or has ended
	<-l.ended
	return nil
}

// Freeze stops the process as a long pause does; Thaw lets it go on.
func (n *Node) Freeze() error { return n.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen process go on.
func (n *Node) Thaw() error { return n.Signal(syscall.SIGCONT) }

// Signal sends a signal to the process.
func (n *Node) Signal(s syscall.Signal) error {
	if err := n.current().command.Process.Signal(s); err != nil {
		return fmt.Errorf("node %d: %v: %w\n%s", n.ID, s, err, n.LastWords())
	}
	return nil
}

// endWithin is how long a process may take to end when it is asked to; the surface promises 10 s.
const endWithin = 15 * time.Second

// Terminate asks the process to end, as an operator does, and expects it to do so in time with exit code 0.
func (n *Node) Terminate() error {
	if err := n.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if ended, err := n.Ended(endWithin); !ended {
		words := n.LastWords()
		_ = n.Signal(syscall.SIGQUIT) // its log then says where every goroutine is
		if ended, _ := n.Ended(endWithin); !ended {
			_ = n.Kill() // it is gone either way
		}
		return fmt.Errorf("node %d ran on %s after SIGTERM; its log ends with its goroutines\n%s", n.ID, endWithin, words)
	} else if err != nil {
		return fmt.Errorf("node %d after SIGTERM: %w\n%s", n.ID, err, n.LastWords())
	}
	return nil
}

// Ended waits for the process to end by itself; err is how it ended, nil with exit code 0.
func (n *Node) Ended(within time.Duration) (ended bool, err error) {
	l := n.current()
	select {
	case <-l.ended:
		return true, l.err
	case <-time.After(within):
		return false, nil
	}
}

// Wipe takes the node's disk away: all of its data. The process must have ended.
func (n *Node) Wipe() error {
	if n.Running() {
		return fmt.Errorf("node %d runs: its disk is not wiped", n.ID)
	}
	return os.RemoveAll(n.Data())
}

// Log is what the node wrote in all of its lives.
func (n *Node) Log() string {
	text, err := os.ReadFile(n.logFile())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// LastWords is the end of the node's log, without the lines of requests.
func (n *Node) LastWords() string {
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(n.Log()), "\n"), func(line string) bool {
		return strings.Contains(line, "level=INFO msg=request ")
	})
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
