package chaos

import (
	"testing"

	"github.com/payhub/payhub/test/chaos/network"
)

// namespaces makes a network of namespaces, or skips the test and says what is missing.
func namespaces(t *testing.T, nodes int) *network.Namespaces {
	t.Helper()
	if err := network.NamespacesMissing(); err != nil {
		t.Skipf("%v", err)
	}
	n, err := network.NewNamespaces(nodes)
	if err != nil {
		t.Skipf("network namespaces cannot be made here: %v", err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// proxied makes a network of proxies.
func proxied(t *testing.T) *network.Proxies {
	t.Helper()
	p := network.NewProxies()
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// pairs are all directed pairs of so many nodes.
func pairs(nodes int) (all [][2]int) {
	for from := range nodes {
		for to := range nodes {
			if from != to {
				all = append(all, [2]int{from, to})
			}
		}
	}
	return all
}
