package main

import "github.com/spf13/cobra"

// unavailable are commands of the surface whose parts are not built yet: they say so and exit
// with 1, never with an answer that only looks like one.
var unavailable = []struct{ name, short, why string }{
	{"connector", "run, scaffold and test connectors", "connectors run inside payhub dev and payhub server only"},
	{"signal", "broadcast a signal", "the engine has no signals yet"},
	{"timer", "list timers", "timers are not in the operations store yet"},
	{"decision", "evaluate and list decisions", "the engine has no DMN yet"},
	{"inbox", "inbound messages and orphans", "there is no inbox yet"},
	{"audit", "tail, verify and replay the audit stream", "there is no audit exporter yet"},
	{"sim", "simulators", "the ledgers of payhub dev are simulated under /sim; there is no simulator of its own yet"},
}

// unavailableCommands makes the commands that only say that they are not available.
func (a *app) unavailableCommands() []*cobra.Command {
	commands := make([]*cobra.Command, 0, len(unavailable))
	for _, u := range unavailable {
		commands = append(commands, &cobra.Command{
			Use: u.name, Short: u.short + " (not available in this version)",
			Example:            "  payhub " + u.name + "   # says what is missing, exit code 1",
			DisableFlagParsing: true,
			RunE: func(c *cobra.Command, args []string) error {
				for _, arg := range args {
					if arg == "--help" || arg == "-h" {
						return c.Help()
					}
				}
				return notAvailable(u.name, u.why)
			},
		})
	}
	return commands
}
