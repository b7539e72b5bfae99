package certificate_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/payhub/payhub/internal/certificate/certificatetest"
)

// TestTheHowtoMakesGoodCertificates runs the commands of docs/howto-secure-a-cluster.md.
func TestTheHowtoMakesGoodCertificates(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed: the commands of the howto are not tried")
	}
	page, err := os.ReadFile("../../docs/howto-secure-a-cluster.md")
	if err != nil {
		t.Fatal(err)
	}
	_, commands, found := strings.Cut(string(page), "```sh\n")
	commands, _, ended := strings.Cut(commands, "```")
	if !found || !ended {
		t.Fatal("the howto has no commands")
	}
	dir := t.TempDir()
	shell := exec.Command("sh", "-e", "-c", commands)
	shell.Dir = dir
	if output, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, node := range []string{"node-0", "node-1", "node-2"} {
		s := open(t, certificatetest.Files{Cert: filepath.Join(dir, node+".crt"), Key: filepath.Join(dir, node+".key"), CA: filepath.Join(dir, "ca.crt")}, nil)
		if err := s.CheckMutual(); err != nil {
			t.Errorf("%s: %v", node, err)
		}
		if names := s.DNSNames(); !slices.Equal(names, []string{node + ".payhub"}) {
			t.Errorf("%s has the names %q", node, names)
		}
	}
}
