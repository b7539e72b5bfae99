package tidy

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// maxArchitectureLines keeps docs/ARCHITECTURE.md a map that a newcomer reads to the end.
const maxArchitectureLines = 200

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)(?:\s+"[^"]*")?\)`)
	heading = regexp.MustCompile(`^#{1,6}\s+(.*?)\s*#*$`)
)

// checkLinks refuses links in documents to files and headings that do not exist, and an
// architecture page that grew too long. Addresses of the web are not called.
func checkLinks(h *House) (found []Offence) {
	for _, document := range h.Documents {
		src, err := os.ReadFile(filepath.Join(h.Root, filepath.FromSlash(document)))
		if err != nil {
			found = append(found, Offence{Where: document, Name: document, What: err.Error()})
			continue
		}
		if n := bytes.Count(src, []byte("\n")); document == "docs/ARCHITECTURE.md" && n > maxArchitectureLines {
			found = append(found, Offence{Where: document, Name: document, What: fmt.Sprintf("has %d lines, %d are allowed: move detail to the package it is about", n, maxArchitectureLines)})
		}
		for number, line := range prose(string(src)) {
			for _, match := range link.FindAllStringSubmatch(line, -1) {
				if why := h.deadLink(document, match[1]); why != "" {
					found = append(found, Offence{
						Where: fmt.Sprintf("%s:%d", document, number+1), Name: document + " " + match[1],
						What: fmt.Sprintf("links to %s: %s", match[1], why),
					})
				}
			}
		}
	}
	return found
}

// prose gives the lines of a document with code blocks and code spans blanked.
func prose(src string) []string {
	lines, code := strings.Split(src, "\n"), false
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code, lines[i] = !code, ""
			continue
		}
		if code {
			lines[i] = ""
		}
	}
	return lines
}

// deadLink says why a link leads nowhere; "" when it leads somewhere.
func (h *House) deadLink(document, target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "is no address"
	}
	if u.Scheme != "" || u.Host != "" {
		return ""
	}
	file := document
	if u.Path != "" {
		file = filepath.ToSlash(filepath.Join(filepath.Dir(document), filepath.FromSlash(u.Path)))
	}
	if strings.HasPrefix(file, "../") {
		return "it leaves the project"
	}
	info, err := os.Stat(filepath.Join(h.Root, filepath.FromSlash(file)))
	if err != nil {
		return "no such file"
	}
	if u.Fragment == "" || info.IsDir() || !strings.HasSuffix(file, ".md") {
		return ""
	}
	src, err := os.ReadFile(filepath.Join(h.Root, filepath.FromSlash(file)))
	if err != nil || !slices.Contains(anchors(string(src)), u.Fragment) {
		return "no such heading in " + file
	}
	return ""
}

// anchors lists the headings of a document as a link names them.
func anchors(src string) (list []string) {
	for _, line := range prose(src) {
		if m := heading.FindStringSubmatch(line); m != nil {
			list = append(list, anchor(m[1]))
		}
	}
	return list
}

// anchor is how a link names a heading: letters, digits and dashes in lower case.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, heading)
}
