package gossip

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/memberlist"
)

// newKeyring checks keys and makes a ring of them; nil: there are none.
func newKeyring(keys [][]byte) (*memberlist.Keyring, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if err := checkKeys(keys); err != nil {
		return nil, err
	}
	ring, err := memberlist.NewKeyring(cloneKeys(keys), bytes.Clone(keys[0]))
	if err != nil {
		return nil, fmt.Errorf("gossip keys: %w", err)
	}
	return ring, nil
}

func checkKeys(keys [][]byte) error {
	for i, key := range keys {
		if err := memberlist.ValidateKey(key); err != nil {
			return fmt.Errorf("gossip key %d has %d bytes: a key has 16, 24 or 32", i+1, len(key))
		}
	}
	return nil
}

func cloneKeys(keys [][]byte) [][]byte {
	var all [][]byte
	for _, key := range keys {
		all = append(all, bytes.Clone(key))
	}
	return all
}

// Rotate takes other keys: the first one encrypts from now on, all of them decrypt. A cluster changes
// its key in three rounds over all nodes, without losing a message: [old, new], then [new, old], then
// [new]. Encryption cannot be switched on or off while a node runs.
func (g *Gossip) Rotate(keys [][]byte) error {
	if (g.keys == nil) != (len(keys) == 0) {
		return errors.New("gossip: encryption is switched on or off with a restart, not by changing keys")
	}
	if g.keys == nil {
		return nil
	}
	if err := checkKeys(keys); err != nil {
		return err
	}
	keys = cloneKeys(keys)
	for _, key := range keys {
		if err := g.keys.AddKey(key); err != nil {
			return fmt.Errorf("gossip keys: %w", err)
		}
	}
	gone := slices.DeleteFunc(slices.Clone(g.keys.GetKeys()), func(old []byte) bool {
		return slices.ContainsFunc(keys, func(key []byte) bool { return bytes.Equal(key, old) })
	})
	// The library removes a key by shifting those behind it, under the eyes of who is decrypting. So
	// the keys that go are moved to the end first: using a key moves it to the front.
	use := keys[:1]
	if len(gone) > 0 {
		use = keys
	}
	for _, key := range slices.Backward(use) {
		if err := g.keys.UseKey(key); err != nil {
			return fmt.Errorf("gossip keys: %w", err)
		}
	}
	for range gone {
		ring := g.keys.GetKeys()
		if err := g.keys.RemoveKey(ring[len(ring)-1]); err != nil {
			return fmt.Errorf("gossip keys: %w", err)
		}
	}
	return nil
}
