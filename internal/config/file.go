package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// parseFile reads the text of a configuration file. Every key of it must exist.
func parseFile(name string, src []byte) (found layer, wrong []error) {
	tree, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, []error{fmt.Errorf("%s is not YAML: %s", name, firstLine(yaml.FormatError(err, false, false)))}
	}
	if len(tree.Docs) > 1 {
		return nil, []error{fmt.Errorf("%s has %d YAML documents, one is read: remove the lines with ---", name, len(tree.Docs))}
	}
	for _, doc := range tree.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		r := fileReader{name: name, seen: map[string]bool{}}
		r.object("", doc.Body)
		found, wrong = append(found, r.found...), append(wrong, r.wrong...)
	}
	return found, wrong
}

// fileReader walks the objects of a file down to the settings.
type fileReader struct {
	name  string
	found layer
	wrong []error
	seen  map[string]bool
}

// object reads the entries of one object, whose own key is the prefix.
func (r *fileReader) object(prefix string, node ast.Node) {
	var entries []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return
	default:
		r.fail(node, "%s must be an object with the keys of the settings below it", orWhole(prefix))
		return
	}
	for _, entry := range entries {
		key := strings.TrimPrefix(prefix+"."+entry.Key.GetToken().Value, ".")
		if setting, ok := find(key); ok {
			r.setting(setting, entry)
			continue
		}
		if isGroup(key) {
			r.object(key, entry.Value)
			continue
		}
		r.fail(entry.Key, "unknown key %s (the nearest is %s)", key, nearest(key, keys()))
	}
}

// setting reads the value of one setting.
func (r *fileReader) setting(s Setting, entry *ast.MappingValueNode) {
	if r.seen[s.Key] {
		r.fail(entry.Key, "%s is set twice", s.Key)
		return
	}
	r.seen[s.Key] = true
	var raw any
	if err := yaml.NodeToValue(entry.Value, &raw); err != nil {
		r.fail(entry.Key, "%s cannot be read: %s", s.Key, firstLine(err.Error()))
		return
	}
	r.found = append(r.found, value{s, raw, fmt.Sprintf("%s:%d", r.name, entry.Key.GetToken().Position.Line)})
}

// fail records what is wrong with its place.
func (r *fileReader) fail(at ast.Node, format string, args ...any) {
	place := at.GetToken().Position
	r.wrong = append(r.wrong, fmt.Errorf("%s:%d:%d: "+format, append([]any{r.name, place.Line, place.Column}, args...)...))
}

// isGroup tells whether a key is the beginning of a setting's key.
func isGroup(key string) bool {
	for _, s := range settings {
		if strings.HasPrefix(s.Key, key+".") {
			return true
		}
	}
	return false
}

func keys() []string {
	list := make([]string, 0, len(settings))
	for _, s := range settings {
		list = append(list, s.Key)
	}
	return list
}

func orWhole(prefix string) string {
	if prefix == "" {
		return "the whole file"
	}
	return prefix
}

// firstLine keeps an error to one line.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
