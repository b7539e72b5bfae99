package feel

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// learn remembers a name that could not be read without knowing it, such as "Applicant Age" or "a-b" (DMN 10.3.1.2:
// names may hold spaces and operators, and what is in scope decides). The Camunda profile has no such names.
func (p *parser) learn(name string) {
	plain := scanner{src: name}
	if p.profile != DMN || plain.word() == name || strings.TrimSpace(name) == "" || slices.Contains(p.names, name) {
		return
	}
	at, _ := slices.BinarySearchFunc(p.names, name, func(a, b string) int { return len(b) - len(a) })
	p.names = slices.Insert(p.names, at, name)
}

// known takes the longest known name that stands here; white space in it may be any amount.
func (p *parser) known() (string, bool) {
	for _, name := range p.names {
		if end := matchWords(p.src[p.pos:], name); end > 0 {
			p.pos += end
			return name, true
		}
	}
	return "", false
}

// matchWords returns how much of text is the name; 0 when it is not at its beginning.
func matchWords(text, name string) int {
	at := 0
	for i := 0; i < len(name); {
		if name[i] == ' ' {
			spaces := scanner{src: text, pos: at}
			if spaces.space(); spaces.pos == at {
				return 0
			}
			at = spaces.pos
			i++
			continue
		}
		if at >= len(text) || text[at] != name[i] {
			return 0
		}
		at++
		i++
	}
	last, _ := utf8.DecodeLastRuneInString(name)
	next, _ := utf8.DecodeRuneInString(text[at:])
	if isNamePart(last) && isNamePart(next) {
		return 0
	}
	return at
}
