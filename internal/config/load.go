package config

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// envPrefix begins the name of every environment variable that is read.
const envPrefix = "PAYHUB_"

// envOfClients are variables with our prefix that the client commands read and the
// configuration does not.
var envOfClients = map[string]bool{
	"PAYHUB_ADDRESS": true, "PAYHUB_HTTP_ADDRESS": true, "PAYHUB_MANAGEMENT_ADDRESS": true, "PAYHUB_CONFIG": true,
	"PAYHUB_CERT": true, "PAYHUB_KEY": true, "PAYHUB_CA": true,
}

// Sources is where a configuration comes from.
type Sources struct {
	// File is the path of payhub.yaml; empty means none.
	File string
	// Environ is the environment as os.Environ gives it.
	Environ []string
	// Flags are the command's flags, with those of AddFlags among them; nil means none.
	Flags *pflag.FlagSet
	// Defaults replaces standard values by key, as `payhub dev` does.
	Defaults map[string]any
	// Warn is told what works but should be changed; nil means nobody is told.
	Warn func(text string)
}

// Loaded is a configuration with the origin of each value.
type Loaded struct {
	Config
	values map[string]any
	origin map[string]string
}

// Load reads every source, refuses keys that do not exist and values that cannot be, and gives
// the configuration in force. The error lists everything that is wrong, one line each.
func Load(sources Sources) (*Loaded, error) {
	loaded := &Loaded{values: map[string]any{}, origin: map[string]string{}}
	var wrong []error
	for _, read := range []func(Sources) (layer, []error){defaults, file, zeebeEnvironment, environment, flags} {
		found, errs := read(sources)
		wrong = append(wrong, errs...)
		for _, v := range found {
			value, err := v.convert()
			if err != nil {
				wrong = append(wrong, err)
				continue
			}
			loaded.values[v.setting.Key] = value
			loaded.origin[v.setting.Key] = v.origin
		}
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	if err := loaded.decode(); err != nil {
		return nil, err
	}
	return loaded, loaded.validate()
}

// decode fills the typed configuration from the values.
func (l *Loaded) decode() error {
	k := koanf.New(".")
	if err := k.Load(confmap.Provider(l.values, "."), nil); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return k.UnmarshalWithConf("", &l.Config, koanf.UnmarshalConf{Tag: "koanf", DecoderConfig: &mapstructure.DecoderConfig{
		Result: &l.Config, TagName: "koanf", ErrorUnused: true,
	}})
}

// value is one setting as one source gives it.
type value struct {
	setting Setting
	raw     any
	// origin says where it stands, in words that a person can follow.
	origin string
}

// layer is what one source gives.
type layer []value

// defaults gives the standard values, those of the command in place of the general ones.
func defaults(s Sources) (found layer, wrong []error) {
	for _, setting := range settings {
		raw, origin := setting.standard, "default"
		if special, ok := s.Defaults[setting.Key]; ok {
			raw, origin = special, "default of this command"
		}
		found = append(found, value{setting, raw, origin})
	}
	return found, nil
}

// zeebeEnvironment reads the aliases of a Zeebe broker's cluster settings; it warns once for all.
func zeebeEnvironment(s Sources) (found layer, wrong []error) {
	var used, ignored []string
	for _, entry := range sorted(s.Environ) {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "ZEEBE_BROKER_") {
			continue
		}
		key, ok := zeebeAlias[name]
		if !ok {
			ignored = append(ignored, name)
			continue
		}
		setting, _ := find(key)
		used = append(used, name+" (now "+setting.Env()+")")
		raw := any(text)
		if setting.kind == texts {
			raw = splitCommas(text)
		}
		found = append(found, value{setting, raw, "environment " + name})
	}
	if s.Warn != nil && len(used)+len(ignored) > 0 {
		text := "environment has names of a Zeebe broker"
		if len(used) > 0 {
			text += "; accepted: " + strings.Join(used, ", ")
		}
		if len(ignored) > 0 {
			text += "; not used: " + strings.Join(ignored, ", ")
		}
		s.Warn(text)
	}
	return found, nil
}

// environment reads the PAYHUB_ variables.
func environment(s Sources) (found layer, wrong []error) {
	byName, names := map[string]Setting{}, []string{}
	for _, setting := range settings {
		byName[setting.Env()] = setting
		names = append(names, setting.Env())
	}
	for _, entry := range sorted(s.Environ) {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || envOfClients[name] {
			continue
		}
		setting, ok := byName[name]
		if !ok {
			wrong = append(wrong, fmt.Errorf("environment: unknown variable %s (the nearest is %s)", name, nearest(name, names)))
			continue
		}
		found = append(found, value{setting, text, "environment " + name})
	}
	return found, wrong
}

// AddFlags gives a command one flag per setting. They have no defaults of their own: a flag
// counts only when it is given.
func AddFlags(set *pflag.FlagSet) {
	for _, s := range settings {
		set.String(s.Flag(), "", s.Usage+" ("+s.Env()+")")
	}
	before := set.GetNormalizeFunc()
	byKey := map[string]string{}
	for _, s := range settings {
		byKey[s.Key] = s.Flag()
	}
	set.SetNormalizeFunc(func(f *pflag.FlagSet, name string) pflag.NormalizedName {
		if flag, ok := byKey[name]; ok {
			name = flag
		}
		return before(f, name)
	})
}

// flags reads the flags that were given.
func flags(s Sources) (found layer, wrong []error) {
	if s.Flags == nil {
		return nil, nil
	}
	for _, setting := range settings {
		if f := s.Flags.Lookup(setting.Flag()); f != nil && f.Changed {
			found = append(found, value{setting, f.Value.String(), "flag --" + setting.Flag()})
		}
	}
	return found, nil
}

// file reads payhub.yaml.
func file(s Sources) (found layer, wrong []error) {
	if s.File == "" {
		return nil, nil
	}
	src, err := os.ReadFile(s.File)
	if err != nil {
		return nil, []error{fmt.Errorf("configuration file %s cannot be read: %w", s.File, err)}
	}
	return parseFile(s.File, src)
}

// sorted gives the entries in byte order, so that messages and precedence never depend on the
// order of the environment.
func sorted(entries []string) []string {
	list := append([]string(nil), entries...)
	sort.Strings(list)
	return list
}

// splitCommas reads a list as Zeebe writes it in a variable: a,b,c.
func splitCommas(s string) []any {
	var list []any
	for _, part := range strings.Split(s, ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// String gives the interval as it is written in the file.
func (e Every) String() string { return e.Interval.Round(time.Millisecond).String() }
