package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/payhub/payhub/internal/config"
	"github.com/spf13/cobra"
)

// terminal is what a command reads and writes besides its arguments.
type terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Environ  []string
}

// env gives a variable of the environment, the first of the names that is set.
func (t terminal) env(names ...string) string {
	for _, name := range names {
		for _, entry := range t.Environ {
			if value, ok := strings.CutPrefix(entry, name+"="); ok && value != "" {
				return value
			}
		}
	}
	return ""
}

// app is what all commands share: the terminal and the flags that every command has.
type app struct {
	terminal
	output      string
	address     string
	httpAddress string
	files       clientFiles
}

// execute runs one command line and gives the exit code: 0 done, 1 failed, 2 wrong usage, 3 not
// reachable. What is wrong goes to standard error as `payhub: what: why (what to do)`.
func execute(ctx context.Context, args []string, t terminal) int {
	a := &app{terminal: t}
	root := a.root()
	root.SetArgs(args)
	root.SetIn(t.In)
	root.SetOut(t.Out)
	root.SetErr(t.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	failed := asFailure(err)
	fmt.Fprintln(t.Err, "payhub: "+failed.Error())
	return failed.code
}

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "payhub",
		Short: "payhub runs payments: a workflow engine, a payment API and connectors in one program",
		Example: `  payhub dev                              # everything in one process, on loopback
  payhub transfer create --payer 27710101999 --payee 27713803912 --amount 10.50 --currency USD
  payhub transfer list -o json`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"text", "json"}, a.output) {
				return usage("--output", fmt.Sprintf("%q is no form of output", a.output), "use text or json")
			}
			return nil
		},
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		cure := "see " + c.CommandPath() + " --help"
		if mistyped, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
			cure = "the nearest is --" + config.NearestFlag(c.Flags(), mistyped) + "; " + cure
		}
		return usage(strings.TrimPrefix(c.CommandPath(), "payhub "), err.Error(), cure)
	})
	flags := root.PersistentFlags()
	flags.StringVarP(&a.output, "output", "o", "text", "form of the output: text or json")
	flags.StringVar(&a.address, "address", a.or("127.0.0.1:26500", "PAYHUB_ADDRESS", "ZEEBE_ADDRESS"), "address of the gRPC gateway (PAYHUB_ADDRESS, ZEEBE_ADDRESS)")
	flags.StringVar(&a.httpAddress, "http-address", a.or("127.0.0.1:8080", "PAYHUB_HTTP_ADDRESS"), "address of the HTTP API (PAYHUB_HTTP_ADDRESS)")
	flags.StringVar(&a.files.cert, "cert", a.env("PAYHUB_CERT"), "file of the certificate shown to payhub (PAYHUB_CERT)")
	flags.StringVar(&a.files.key, "key", a.env("PAYHUB_KEY"), "file of its private key (PAYHUB_KEY)")
	flags.StringVar(&a.files.ca, "ca", a.or("", "PAYHUB_CA", "ZEEBE_CA_CERTIFICATE_PATH"), "file of the certificates that sign payhub's; calls use TLS with any of the three (PAYHUB_CA, ZEEBE_CA_CERTIFICATE_PATH)")
	root.AddCommand(
		a.versionCommand(), a.configCommand(), a.devCommand(), a.serverCommand(),
		a.feelCommand(), a.dmnCommand(), a.lintCommand(), a.convertCommand(), a.deployCommand(),
		a.transferCommand(), a.topologyCommand(), a.instanceCommand(), a.jobCommand(), a.incidentCommand(), a.messageCommand(),
		a.chaosCommand(), a.backupCommand(), a.clusterCommand(), a.rebalanceCommand(),
	)
	root.AddCommand(a.unavailableCommands()...)
	return root
}

// or gives the first variable that is set, else the standard value.
func (a *app) or(standard string, names ...string) string {
	if v := a.env(names...); v != "" {
		return v
	}
	return standard
}

// group makes a command that only holds others; without one of them it shows its help.
func group(name, short, example string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use: name, Short: short, Example: example, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(children...)
	return c
}

// noArguments refuses what is not a flag, and names the nearest command.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cure := "see " + c.CommandPath() + " --help"
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		cure = "did you mean " + c.CommandPath() + " " + near[0] + "?"
	}
	if c.HasSubCommands() {
		return usage("", fmt.Sprintf("there is no command %q", args[0]), cure)
	}
	return usage(c.CommandPath(), fmt.Sprintf("takes no argument, and got %q", args[0]), cure)
}

// arguments demands a number of arguments, named in the error; the last may repeat when most is
// less than 0.
func arguments(least, most int, names string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return usage(strings.TrimPrefix(c.CommandPath(), "payhub "), fmt.Sprintf("takes %s, and got %d", names, len(args)), "see "+c.CommandPath()+" --help")
		}
		return nil
	}
}
