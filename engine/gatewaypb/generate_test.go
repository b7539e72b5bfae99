package gatewaypb

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The committed code is what the pinned generator makes of the .proto files.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	if _, err := exec.LookPath("protoc"); err != nil {
		t.Skip("protoc is absent (package protobuf-compiler): cannot say whether the generated code is current")
	}
	out := t.TempDir()
	cmd := exec.Command("./generate.sh")
	cmd.Env = append(os.Environ(), "OUT="+out)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("generate.sh: %v\n%s", err, text)
	}
	for _, dir := range []string{"gatewaypb", "enginepb", "nodepb"} {
		made, err := filepath.Glob(filepath.Join(out, "engine", dir, "*.go"))
		if err != nil || len(made) == 0 {
			t.Fatalf("%s: generate.sh made nothing (%v)", dir, err)
		}
		for _, file := range made {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			kept := filepath.Join("..", dir, filepath.Base(file))
			got, err := os.ReadFile(kept)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not current: run engine/gatewaypb/generate.sh (%v)", kept, err)
			}
		}
	}
}
