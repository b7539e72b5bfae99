package config

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
)

// convert gives the value its setting's type. Text from a variable or a flag is read as what the
// setting is; lists and objects there are YAML text.
func (v value) convert() (any, error) {
	if s, ok := v.raw.(string); ok && v.setting.kind >= texts {
		var parsed any
		if err := yaml.Unmarshal([]byte(s), &parsed); err != nil {
			return nil, v.wrong("is not YAML text: %s", firstLine(err.Error()))
		}
		v.raw = parsed
	}
	switch v.setting.kind {
	case number:
		return v.toNumber()
	case duration:
		return v.toDuration()
	case texts:
		return v.toTexts()
	case objects:
		return v.toObjects()
	default:
		return v.toText()
	}
}

func (v value) toText() (any, error) {
	switch raw := v.raw.(type) {
	case string:
		return raw, nil
	case nil:
		return "", nil
	case map[string]any, []any:
		return nil, v.wrong("must be text, not %s", describe(raw))
	default:
		return fmt.Sprint(raw), nil
	}
}

func (v value) toNumber() (any, error) {
	switch raw := v.raw.(type) {
	case int:
		return raw, nil
	case int64:
		return int(raw), nil
	case uint64:
		if raw <= math.MaxInt32 {
			return int(raw), nil
		}
	case string:
		if n, err := strconv.Atoi(raw); err == nil {
			return n, nil
		}
	}
	return nil, v.wrong("must be a whole number, not %s", describe(v.raw))
}

func (v value) toDuration() (any, error) {
	if s, ok := v.raw.(string); ok {
		if d, err := time.ParseDuration(s); err == nil {
			return d, nil
		}
	}
	return nil, v.wrong("must be a duration such as 500ms, 1s or 5m, not %s", describe(v.raw))
}

func (v value) toTexts() (any, error) {
	switch raw := v.raw.(type) {
	case []string:
		return raw, nil
	case nil:
		return []string{}, nil
	case []any:
		list := make([]string, 0, len(raw))
		for _, item := range raw {
			switch item.(type) {
			case map[string]any, []any, nil:
				return nil, v.wrong("must be a list of texts, and one entry is %s", describe(item))
			}
			list = append(list, fmt.Sprint(item))
		}
		return list, nil
	}
	return nil, v.wrong("must be a list such as [a, b], not %s", describe(v.raw))
}

func (v value) toObjects() (any, error) {
	switch raw := v.raw.(type) {
	case nil:
		return []any{}, nil
	case []any:
		for _, item := range raw {
			if _, ok := item.(map[string]any); !ok {
				return nil, v.wrong("must be a list of objects, and one entry is %s", describe(item))
			}
		}
		return raw, nil
	}
	return nil, v.wrong("must be a list such as [{kind: file, dir: audit}], not %s", describe(v.raw))
}

// wrong says what is the matter with the value, and where it stands.
func (v value) wrong(format string, args ...any) error {
	return fmt.Errorf("%s: %s "+format, append([]any{v.origin, v.setting.Key}, args...)...)
}

// describe names a value in an error.
func describe(raw any) string {
	switch raw := raw.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return strconv.Quote(raw)
	default:
		return fmt.Sprint(raw)
	}
}
