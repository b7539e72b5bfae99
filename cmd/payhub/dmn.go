package main

import "github.com/spf13/cobra"

func (a *app) dmnCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "dmn FILE", Short: "evaluate a decision (not available in this version)",
		Example: "  payhub dmn FILE --decision ID --vars '{}'   # says what is missing, exit code 1",
		RunE:    func(*cobra.Command, []string) error { return notAvailable("dmn", "the engine has no DMN yet") },
	}
	c.Flags().String("decision", "", "id of the decision")
	c.Flags().String("vars", "", "variables, a JSON object")
	return c
}
