package planted

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build makes the simulator's test program of a tree with the bug in it, and gives its path. The tree stays as it is:
// the files that the patch changes are copied to dir, patched there, and compiled in place of the tree's. nil plants
// nothing.
func (b *Bug) Build(tree, dir string) (program string, err error) {
	tree, err = filepath.Abs(tree)
	if err != nil {
		return "", err
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	if b != nil {
		for _, file := range b.Files {
			if err := copyFile(filepath.Join(tree, file), filepath.Join(dir, file)); err != nil {
				return "", err
			}
			overlay.Replace[filepath.Join(tree, file)] = filepath.Join(dir, file)
		}
		if err := apply(dir, b.Path); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o600); err != nil {
		return "", err
	}
	program = filepath.Join(dir, "sim.test")
	command := exec.Command("go", "test", "-c", "-ldflags=-s -w", "-o", program, "-overlay", filepath.Join(dir, "overlay.json"), "./engine/sim")
	command.Dir = tree
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the tree does not build with the patch: %w\n%s", err, out)
	}
	return program, nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
