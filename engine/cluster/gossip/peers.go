package gossip

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// peersFormat is the version of the peers file.
const peersFormat = 1

// maxPeers bounds the file; a cluster has far fewer nodes.
const maxPeers = 4096

// peersFile is the JSON of the file.
type peersFile struct {
	Format int          `json:"format"`
	Peers  []storedPeer `json:"peers"`
}

// storedPeer is where a node was seen last.
type storedPeer struct {
	Node    int32  `json:"node"`
	Address string `json:"gossip"`
}

// readPeers reads where nodes were seen last, by node id. A file that is not understood is passed
// over: it only helps to find others, and is written anew.
func readPeers(path string, log *limited) []storedPeer {
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		var peers []storedPeer
		if peers, err = decodePeers(b); err == nil {
			return peers
		}
	}
	log.Warn("gossip: the addresses of the last run are not used", "file", path, "error", err)
	return nil
}

func decodePeers(b []byte) ([]storedPeer, error) {
	var f peersFile
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, err
	}
	if f.Format != peersFormat {
		return nil, fmt.Errorf("format %d; this version reads %d", f.Format, peersFormat)
	}
	if len(f.Peers) > maxPeers {
		return nil, fmt.Errorf("%d addresses are more than %d", len(f.Peers), maxPeers)
	}
	return f.Peers, nil
}

// writePeers replaces the file in one step: after a crash there is the old one or the new one.
func writePeers(path string, peers []storedPeer) error {
	b, err := json.MarshalIndent(peersFile{Format: peersFormat, Peers: peers}, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// seen enters where nodes are now; changed: something is new.
func seen(peers []storedPeer, members []Member) (all []storedPeer, changed bool) {
	all = slices.Clone(peers)
	for _, m := range members {
		now := storedPeer{m.Node, m.GossipAddress}
		i, found := slices.BinarySearchFunc(all, m.Node, func(p storedPeer, node int32) int { return int(int64(p.Node) - int64(node)) })
		switch {
		case !found && len(all) < maxPeers:
			all, changed = slices.Insert(all, i, now), true
		case found && all[i] != now:
			all[i], changed = now, true
		}
	}
	return all, changed
}
