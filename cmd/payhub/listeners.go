package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// The names of listeners, as in the addresses file.
const (
	listenGRPC       = "grpc"
	listenHTTP       = "http"
	listenManagement = "management"
	listenNode       = "node"
	listenGossip     = "gossip"
)

// listeners are the bound addresses of a node, by name.
type listeners map[string]net.Listener

// bind opens a listener. A port that is taken is refused with the name of who has it.
func (l listeners) bind(name, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		key := name + ".listen"
		cure := "choose another address with --" + name + "-listen"
		if errors.Is(err, syscall.EADDRINUSE) {
			why := fmt.Sprintf("%s cannot listen on %s: the port is in use", key, address)
			if owner := portOwner(address); owner != "" {
				why += " by " + owner
			}
			return failed("start", why, "stop that, or "+cure+"; port 0 takes a free one")
		}
		return failed("start", fmt.Sprintf("%s cannot listen on %s: %v", key, address, innermost(err)), cure)
	}
	l[name] = listener
	return nil
}

// close closes what was bound and nobody serves.
func (l listeners) close() {
	for _, listener := range l {
		listener.Close()
	}
}

// addresses are the bound addresses by name.
func (l listeners) addresses() map[string]string {
	list := map[string]string{}
	for name, listener := range l {
		list[name] = listener.Addr().String()
	}
	return list
}

// write puts the addresses into a file as JSON, whole or not at all: whoever waits for the file
// never reads half of it.
func (l listeners) write(file string) error {
	text, err := json.Marshal(l.addresses())
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), ".addresses-*")
	if err == nil {
		_, err = temporary.Write(append(text, '\n'))
		err = errors.Join(err, temporary.Close())
	}
	if err == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		return failed("start", fmt.Sprintf("the addresses cannot be written to %s: %v", file, innermost(err)), "name another file with --addresses-file")
	}
	return nil
}
